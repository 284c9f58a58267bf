import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, isProblem, newId, ProblemError, UnexpectedAnswer } from "@practice-bridge/client";

import { json, problem, Service } from "./service.ts";

const health = { status: "ok", version: "0.1.0" };
const path = { practiceId: "bluegum-hollow" };

function client(service: Service, more: { attempts?: number; longestWait?: number } = {}) {
  return connect({ baseUrl: "https://bridge.example/staging/", token: "t", fetch: service.fetch, ...more });
}

test("a call goes to the address before /v1, with the token, and answers the body", async () => {
  const service = new Service(json(health));
  assert.deepEqual(await client(service).get("/v1/health"), health);
  assert.equal(service.requests[0]?.url, "https://bridge.example/staging/v1/health");
  assert.deepEqual(service.tokens, ["Bearer t"]);
});

test("a list in a query is one value with commas", async () => {
  const service = new Service(json({}));
  await client(service).get("/v1/practices/{practiceId}/bookings", {
    params: { path, query: { state: ["synced", "pending"] } },
  });
  assert.equal(new URL(service.requests[0]?.url ?? "").search, "?state=synced,pending");
});

test("an answer without a body is undefined", async () => {
  const service = new Service(new Response(null, { status: 204 }));
  assert.equal(await client(service).delete("/v1/practices/{practiceId}/connection", { params: { path } }), undefined);
});

test("a problem is an error with its type, its steps and the request's id", async () => {
  const more = { steps: ["Tick the box."], errors: [{ pointer: "/siteId", message: "Eight digits." }] };
  const service = new Service(problem("invalid-request", 400, { "x-amzn-requestid": "r-1" }, more));
  const error: unknown = await client(service).get("/v1/health").catch((caught: unknown) => caught);
  assert.ok(isProblem(error));
  assert.ok(isProblem(error, "not-found", "invalid-request"));
  assert.ok(!isProblem(error, "not-found"));
  assert.equal(error.status, 400);
  assert.deepEqual(error.steps, ["Tick the box."]);
  assert.equal(error.messageFor("/siteId"), "Eight digits.");
  assert.equal(error.messageFor("/clinician"), undefined);
  assert.equal(error.requestId, "r-1");
});

test("an error page of something in between is no problem", async () => {
  for (const answer of [new Response("<h1>Bad gateway</h1>", { status: 502 }), problem("", 500, { "content-type": "text/plain" })]) {
    const error: unknown = await client(new Service(answer)).get("/v1/health").catch((caught: unknown) => caught);
    assert.ok(error instanceof UnexpectedAnswer);
    assert.ok(!isProblem(error));
  }
});

test("a lost answer is asked for again, with the same body", async () => {
  const service = new Service(undefined, json({ deliveryId: "referral-1" }));
  const body = { patientId: 1, documentId: "d", subject: "s", recipientName: "r" };
  await client(service).put("/v1/practices/{practiceId}/referrals/{referralId}", {
    params: { path: { ...path, referralId: "1" } },
    body,
  });
  assert.equal(service.requests.length, 2);
  for (const request of service.requests) {
    assert.deepEqual(await request.json(), body);
  }
});

test("a service that stays silent is an error after the last attempt", async () => {
  const service = new Service();
  await assert.rejects(client(service, { attempts: 2 }).get("/v1/health"), TypeError);
  assert.equal(service.requests.length, 2);
});

test("a request is repeated when the service asks for it soon, and not otherwise", async () => {
  const soon = new Service(problem("too-many-requests", 429, { "retry-after": "0" }), json(health));
  assert.deepEqual(await client(soon).get("/v1/health"), health);
  for (const answer of [
    problem("site-offline", 503, { "retry-after": "60" }),
    problem("storage-unavailable", 503),
    problem("site-slow", 504, { "retry-after": "1" }),
    problem("pairing-in-progress", 409, { "retry-after": "1" }),
  ]) {
    const service = new Service(answer);
    await assert.rejects(client(service).get("/v1/health"), ProblemError);
    assert.equal(service.requests.length, 1);
  }
});

test("an aborted call is not repeated", async () => {
  const service = new Service();
  const signal = AbortSignal.abort(new Error("the page is closed"));
  await assert.rejects(client(service).get("/v1/health", { signal }));
  assert.ok(service.requests.length <= 1);
});

test("each id is new, and the service accepts it", () => {
  assert.notEqual(newId(), newId());
  assert.match(newId(), /^[A-Za-z0-9_-]{1,64}$/);
});
