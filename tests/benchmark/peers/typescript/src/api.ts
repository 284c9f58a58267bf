// What every API function does around its own work: the caller, the session, the answer, the log.

import { Gone, Used } from "./halo.ts";
import {
  Problem,
  forbidden,
  haloUnavailable,
  linkNeeded,
  notConnected,
  notFound,
  unauthenticated,
} from "./problem.ts";
import { log, metrics } from "./runtime.ts";
import * as table from "./table.ts";

// API Gateway ends a call at 29 s.
const PATIENCE = 24_000;

export class Request {
  readonly used = new Used();
  readonly deadline = Date.now() + PATIENCE;

  constructor(
    readonly event: any,
    readonly practice: string,
    readonly account: string,
  ) {}

  /** The practice's connection, for a clinician who is linked to a Bp user. */
  async session(): Promise<any> {
    const [connection, link] = await table.connectionAndLink(this.practice, this.account);
    if (connection === undefined || connection.standing === "disconnected") throw notConnected();
    if (link === undefined) throw linkNeeded();
    return connection;
  }

  record(action: string, patients: number[]): Promise<void> {
    const id = this.event.requestContext.requestId ?? "";
    return table.audit(this.practice, this.account, action, patients, id);
  }
}

/** A handler of API Gateway's events. */
export const api = (answer: (request: Request) => Promise<object>) => async (event: any) => {
  const started = performance.now();
  const operation = `${event.httpMethod} ${event.resource}`;
  let request: Request | undefined;
  let [status, type, body] = [200, "application/json", {}];
  let problem: Problem | undefined;
  try {
    request = admitted(event);
    body = await answer(request);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Gone)) throw error;
    problem = error instanceof Problem ? error : haloUnavailable();
    [status, type, body] = [problem.status, "application/problem+json", problem.body()];
  }
  if (request) await table.addUsage(request.practice, request.used);
  const durationMs = performance.now() - started;
  log({ level: "INFO", message: "served", operation, status, problem: problem?.kind, durationMs });
  metrics(
    {
      Duration: ["Milliseconds", durationMs],
      Requests: ["Count", 1],
      Problems: ["Count", Number(status >= 400)],
      Faults: ["Count", Number(status >= 500)],
    },
    [["Operation"], []],
    { Operation: operation },
  );
  const headers = { "content-type": type, "cache-control": "no-store" };
  return { statusCode: status, headers, body: JSON.stringify(body), isBase64Encoded: false };
};

/** The request, if its caller is a clinician of the practice in its path. */
function admitted(event: any): Request {
  const { subject, platform, kind, practiceId, groups, expiresAt } = event.requestContext.authorizer ?? {};
  if (!subject || !platform || Number(expiresAt ?? 0) * 1000 <= Date.now()) throw unauthenticated();
  if (kind !== "person") throw forbidden();
  if (practiceId !== event.pathParameters?.practiceId) throw notFound();
  if (!(groups ?? "").split(/[\s,]+/).includes("clinician")) throw forbidden();
  return new Request(event, platform === "home" ? practiceId : `${platform}.${practiceId}`, subject);
}
