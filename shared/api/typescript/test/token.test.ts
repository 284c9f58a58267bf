import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, expiryOf, isProblem } from "@practice-bridge/client";

import { json, problem, Service, tokenFor } from "./service.ts";

/** Supplies these tokens in turn, and keeps what it was asked. */
function supplier(...tokens: string[]) {
  const asked: boolean[] = [];
  const supply = async ({ refused }: { refused: boolean }) => {
    asked.push(refused);
    return tokens[Math.min(asked.length, tokens.length) - 1] ?? "";
  };
  return { asked, supply };
}

test("a token is kept until shortly before it expires", async () => {
  const [short, long] = [tokenFor(30), tokenFor(3600)];
  const { asked, supply } = supplier(short, long);
  const service = new Service(json({}), json({}), json({}));
  const bridge = connect({ baseUrl: "https://bridge.example", token: supply, fetch: service.fetch });
  for (const _ of [1, 2, 3]) {
    await bridge.get("/v1/health");
  }
  assert.deepEqual(service.tokens, [`Bearer ${short}`, `Bearer ${long}`, `Bearer ${long}`]);
  assert.deepEqual(asked, [false, false]);
});

test("calls at the same time share one token", async () => {
  const { asked, supply } = supplier(tokenFor(3600));
  const service = new Service(json({}), json({}));
  const bridge = connect({ baseUrl: "https://bridge.example", token: supply, fetch: service.fetch });
  await Promise.all([bridge.get("/v1/health"), bridge.get("/v1/health")]);
  assert.equal(asked.length, 1);
});

test("a refused token is replaced, once", async () => {
  const refusal = () => problem("unauthenticated", 401);
  const { asked, supply } = supplier("old", "new");
  const service = new Service(refusal(), json({ status: "ok" }));
  const bridge = connect({ baseUrl: "https://bridge.example", token: supply, fetch: service.fetch });
  await bridge.get("/v1/health");
  assert.deepEqual(service.tokens, ["Bearer old", "Bearer new"]);
  assert.deepEqual(asked, [false, true]);

  const always = new Service(refusal(), refusal(), refusal());
  const other = connect({ baseUrl: "https://bridge.example", token: supplier("a", "b", "c").supply, fetch: always.fetch });
  await assert.rejects(other.get("/v1/health"), (error) => isProblem(error, "unauthenticated"));
  assert.equal(always.requests.length, 2);
});

test("a fixed token that is refused is not sent again", async () => {
  const service = new Service(problem("unauthenticated", 401));
  const bridge = connect({ baseUrl: "https://bridge.example", token: "t", fetch: service.fetch });
  await assert.rejects(bridge.get("/v1/health"), (error) => isProblem(error, "unauthenticated"));
  assert.equal(service.requests.length, 1);
});

test("a supplier that fails once is asked again", async () => {
  let calls = 0;
  const token = () => {
    calls += 1;
    if (calls === 1) {
      throw new Error("the sign-in page is closed");
    }
    return "t";
  };
  const service = new Service(json({ status: "ok" }));
  const bridge = connect({ baseUrl: "https://bridge.example", token, fetch: service.fetch });
  await assert.rejects(bridge.get("/v1/health"), /sign-in page/);
  await bridge.get("/v1/health");
});

test("without a token nothing is sent about the caller", async () => {
  const service = new Service(json({}));
  await connect({ baseUrl: "https://bridge.example", fetch: service.fetch }).get("/v1/health");
  assert.deepEqual(service.tokens, [null]);
});

test("a token's expiry is read from the token, and other texts have none", () => {
  assert.ok((expiryOf(tokenFor(100))?.getTime() ?? 0) > Date.now());
  for (const text of ["", "a.b.c", "a.e30.c"]) {
    assert.equal(expiryOf(text), undefined);
  }
});
