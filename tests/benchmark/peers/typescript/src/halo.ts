// A client of Halo Cloud. It keeps its connections.

import { Pool, RetryAgent } from "undici";
import { HaloKeys, ca, need } from "./clients.ts";
import { forbidden, haloUnavailable, malformed, notConnected, offline, slow } from "./problem.ts";

export type Row = Record<string, unknown>;
export type Parameter = { name: string; direction: string; type: string; value: string; size: number | null };

/** Halo no longer has what was asked for. */
export class Gone extends Error {}

/** What one request has cost so far. */
export class Used {
  queries: Record<string, number> = {};
  other = 0;
  sent = 0;
  received = 0;
  answered = false;

  query(name: string): void {
    this.queries[name] = (this.queries[name] ?? 0) + 1;
  }
}

const base = new URL(need("HALO_BASE_URL"));
const prefix = `${base.pathname.replace(/\/$/, "")}/integrator/sites/`;

export class Halo {
  readonly #keys = new HaloKeys();
  // Halo says 429 or 503 only of calls that did not run.
  readonly #http = new RetryAgent(
    new Pool(base.origin, { connections: 2, keepAliveTimeout: 60_000, connect: { timeout: 5_000, ...ca } }),
    { maxRetries: 3, minTimeout: 200, maxTimeout: 5_000, methods: ["GET", "POST"], statusCodes: [429, 502, 503], retryAfter: true, throwOnError: false },
  );

  /** Runs a statement at once and returns the rows of its last result set. */
  async immediate(site: string, name: string, sql: string, parameters: Parameter[], deadline: number, used: Used): Promise<Row[]> {
    used.query(name);
    const queue = Math.min((deadline - Date.now()) * 0.6, 60_000);
    const answer = await this.#call("POST", `${site}/queries/immediate`, command(sql, parameters, queue), deadline, used);
    used.answered = true;
    return rows(answer.result);
  }

  /** Queues a statement and returns the query's id. */
  async submit(site: string, name: string, sql: string, parameters: Parameter[], queue: number, deadline: number, used: Used): Promise<string> {
    used.query(name);
    return (await this.#call("POST", `${site}/queries/async`, command(sql, parameters, queue), deadline, used)).id;
  }

  /** A queued query's status. */
  query(site: string, query: string, deadline: number, used: Used): Promise<any> {
    used.other += 1;
    return this.#call("GET", `${site}/queries/${query}`, null, deadline, used);
  }

  /** The rows of one page of a result. */
  async page(site: string, query: string, page: number, deadline: number, used: Used): Promise<Row[]> {
    used.other += 1;
    return rows(await this.#call("GET", `${site}/queries/${query}/results/${page}`, null, deadline, used));
  }

  async #call(method: "GET" | "POST", path: string, body: string | null, deadline: number, used: Used): Promise<any> {
    for (const keys of [() => this.#keys.current(), () => this.#keys.reread()]) {
      for (const key of await keys()) {
        const answer = await this.#send(method, path, body, key, deadline, used);
        if (answer.status !== 401) return read(answer.status, answer.bytes);
      }
    }
    throw haloUnavailable();
  }

  async #send(method: "GET" | "POST", path: string, body: string | null, key: string, deadline: number, used: Used) {
    const left = deadline - Date.now();
    if (left <= 0) throw slow();
    if (body !== null) used.sent += Buffer.byteLength(body);
    const signal = AbortSignal.timeout(left);
    const headers = {
      accept: "application/json",
      "ocp-apim-subscription-key": key,
      ...(body !== null && { "content-type": "application/json" }),
    };
    try {
      const answer = await this.#http.request({ origin: base.origin, path: prefix + path, method, headers, body, signal });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      used.received += bytes.length;
      return { status: answer.statusCode, bytes };
    } catch {
      throw signal.aborted ? slow() : haloUnavailable();
    }
  }
}

function command(sql: string, parameters: Parameter[], queue: number): string {
  const text = { text: sql, type: "text", executionMode: "reader", parameters };
  return JSON.stringify({ maxTimeInQueue: Math.floor(queue), command: text });
}

/** The answer's JSON, or the problem that it reports. */
function read(status: number, bytes: Buffer): any {
  if (status >= 200 && status < 300) {
    const found = parsed(bytes);
    // Halo sometimes reports a failure with status 200.
    if (found?.error) throw haloUnavailable();
    return found;
  }
  switch (status) {
    case 403:
      throw forbidden();
    case 404:
    case 410:
      throw new Gone();
    case 409:
      throw notConnected();
    case 503:
      throw offline();
    case 504:
      throw slow();
    default:
      throw haloUnavailable();
  }
}

function parsed(bytes: Buffer): any {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw malformed();
  }
}

/** The rows of the last result set. Halo does not publish their shape, so the plausible ones are read. */
function rows(result: any): Row[] {
  if (typeof result?.data !== "string") throw malformed();
  const bytes = Buffer.from(result.data, "base64");
  let found = bytes.length === 0 ? [] : parsed(bytes[0] === 0xef ? bytes.subarray(3) : bytes);
  if (Array.isArray(found) && found.length > 0 && (Array.isArray(found[0]) || isTable(found[0]))) {
    found = found.at(-1);
  }
  if (isTable(found)) {
    const names: string[] = found.columns.map((it: any) => it.name ?? it);
    return found.rows.map((row: unknown[]) => Object.fromEntries(names.map((name, at) => [name, row[at]])));
  }
  return Array.isArray(found) ? found : [found];
}

const isTable = (value: any): boolean => Array.isArray(value?.rows) && Array.isArray(value.columns);

/** A statement as it is sent: its first line and its SQL, without the header for people. */
export function statement(file: string): string {
  const lines = file.split("\n");
  const begin = lines.findIndex((line) => !line.startsWith("--"));
  return `${[lines[0], ...lines.slice(begin)].join("\n").trimEnd()}\n`;
}

const input = (name: string, type: string, value: string, size: number | null): Parameter => ({
  name,
  direction: "input",
  type,
  value,
  size,
});
export const int = (name: string, value: number | boolean) => input(name, "Int", String(Number(value)), null);
export const date = (name: string, value: string) => input(name, "Date", value, null);
export const varChar = (name: string, value: string) => input(name, "VarChar", value, value.length);
