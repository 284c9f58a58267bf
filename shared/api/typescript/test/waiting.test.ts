import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, isProblem, pages, poll, TookTooLong } from "@practice-bridge/client";

import { json, problem, Service } from "./service.ts";

function follower(service: Service) {
  const bridge = connect({ baseUrl: "https://bridge.example", token: "t", fetch: service.fetch });
  const path = { practiceId: "p", deliveryId: "referral-1" };
  return () => bridge.get("/v1/practices/{practiceId}/deliveries/{deliveryId}", { params: { path } });
}

const isDelivered = ({ state }: { state: string }) => state === "delivered";

test("polling ends when the work is done", async () => {
  const service = new Service(json({ state: "accepted" }), json({ state: "sending" }), json({ state: "delivered" }));
  const seen = await poll(follower(service), isDelivered, { firstWait: 0.001 });
  assert.equal(seen.state, "delivered");
  assert.equal(service.requests.length, 3);
});

test("polling waits as long as the service asks", async () => {
  const service = new Service(json({ state: "sending" }, 200, { "retry-after": "1" }), json({ state: "delivered" }));
  const start = performance.now();
  await poll(follower(service), isDelivered, { firstWait: 0.001 });
  assert.ok(performance.now() - start >= 990);
});

test("a problem that may pass does not end polling, and any other does", async () => {
  const passing = new Service(problem("site-slow", 504), json({ state: "delivered" }));
  assert.equal((await poll(follower(passing), isDelivered, { firstWait: 0.001 })).state, "delivered");
  const lasting = new Service(problem("not-found", 404));
  await assert.rejects(poll(follower(lasting), isDelivered), (error) => isProblem(error, "not-found"));
});

test("polling gives up with the last answer", async () => {
  const service = new Service(json({ state: "waiting" }, 200, { "retry-after": "3600" }));
  await assert.rejects(poll(follower(service), isDelivered), (error) => {
    assert.ok(error instanceof TookTooLong);
    assert.deepEqual(error.last, { state: "waiting" });
    return true;
  });
});

test("polling ends when the caller gives up", async () => {
  const service = new Service(json({ state: "waiting" }));
  const polling = poll(follower(service), isDelivered, { signal: AbortSignal.timeout(50) });
  await assert.rejects(polling, { name: "TimeoutError" });
});

test("a list is read page by page, and only as far as it is used", async () => {
  const asked: object[] = [];
  const list = async (page: { cursor?: string }) => {
    asked.push(page);
    return page.cursor === undefined ? { items: [1, 2], nextCursor: "c" } : { items: [3], nextCursor: null };
  };
  assert.deepEqual(await Array.fromAsync(pages(list)), [1, 2, 3]);
  assert.deepEqual(asked, [{}, { cursor: "c" }]);
  asked.length = 0;
  for await (const item of pages(list)) {
    if (item === 2) {
      break;
    }
  }
  assert.deepEqual(asked, [{}]);
});
