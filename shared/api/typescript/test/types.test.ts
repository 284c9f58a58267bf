// What the compiler refuses. A line that it accepts would fail `npm run check`.
import { test } from "node:test";

import { connect } from "@practice-bridge/client";
import type { ProblemType } from "@practice-bridge/client";

const bridge = connect({ baseUrl: "https://bridge.example" });
const path = { practiceId: "p" };

/** Never called. */
export async function refused(): Promise<void> {
  // @ts-expect-error: no such path
  await bridge.get("/v1/nowhere");
  // @ts-expect-error: no such method of this path
  await bridge.put("/v1/health");
  // @ts-expect-error: the practice is missing
  await bridge.get("/v1/practices/{practiceId}/staff");
  // @ts-expect-error: the body is missing
  await bridge.post("/v1/practices/{practiceId}/patients/search", { params: { path } });
  // @ts-expect-error: no such state
  await bridge.get("/v1/practices/{practiceId}/bookings", { params: { path, query: { state: ["nowhere"] } } });
  const cancelled = await bridge.delete("/v1/practices/{practiceId}/bookings/{bookingId}", {
    params: { path: { ...path, bookingId: "b" } },
  });
  // @ts-expect-error: 204 has no body
  cancelled.state;
  const { status } = await bridge.get("/v1/health");
  // @ts-expect-error: no such problem
  const type: ProblemType = "no-such-problem";
  console.log(status, type);
}

test("the compiler has checked the types", () => undefined);
