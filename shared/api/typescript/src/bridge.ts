import createClient from "openapi-fetch";
import type { Client, ClientPathsWithMethod, MaybeOptionalInit, MethodResponse } from "openapi-fetch";

import { errorOf, retryAfter } from "./problem.ts";
import type { paths } from "./schema.ts";
import { Token } from "./token.ts";
import type { TokenSupplier } from "./token.ts";
import { pause } from "./wait.ts";

/** Where the service is, and who calls. */
export interface Options {
  /** The address before `/v1`. */
  baseUrl: string;
  /** A token, or what supplies one. Without it, only `/v1/health` and the document can be read. */
  token?: string | TokenSupplier;
  /** `fetch` by default. */
  fetch?: (request: Request) => Promise<Response>;
  /** How often a request is sent if its answer is lost or asks for a repetition. 3 by default. */
  attempts?: number;
  /** The longest time, in seconds, that a call waits before a repetition. 5 by default. */
  longestWait?: number;
}

type Verb = "get" | "put" | "post" | "delete";
type Path<Method extends Verb> = ClientPathsWithMethod<Client<paths>, Method>;
type Init<Method extends Verb, At extends Path<Method>> = MaybeOptionalInit<paths[At], Method>;
type Arguments<Of> = undefined extends Of ? [init?: Of] : [init: Of];
type Body<Method extends Verb, At extends Path<Method>> = MethodResponse<Client<paths>, Method, At>;
type Responses<Method extends Verb, At extends Path<Method>> = paths[At][Method] extends { responses: infer All }
  ? keyof All
  : never;

/** What a call answers: the body, or `undefined` if the service may answer 204. */
export type Answer<Method extends Verb, At extends Path<Method>> =
  | Body<Method, At>
  | (204 extends Responses<Method, At> ? undefined : never);

/** Calls one path of the document. Throws a `ProblemError` if the service answers with a problem. */
export type Call<Method extends Verb> = <At extends Path<Method>>(
  path: At,
  ...init: Arguments<Init<Method, At>>
) => Promise<Answer<Method, At>>;

/** The service, called by the paths of its document. */
export interface Bridge {
  get: Call<"get">;
  put: Call<"put">;
  post: Call<"post">;
  delete: Call<"delete">;
}

/** How long, in seconds, the service asked to wait in the answers that were received. */
const waits = new WeakMap<object, number>();

/** How long, in seconds, to wait before this answer is asked for again, if the service said so. */
export function retryAfterOf(answer: object): number | undefined {
  return waits.get(answer);
}

/** Makes a client. */
export function connect(options: Options): Bridge {
  const client = createClient<paths>({
    baseUrl: options.baseUrl,
    // The service reads a list in a query as one value with commas.
    querySerializer: { array: { style: "form", explode: false } },
    fetch: sender(options),
  });
  const send = async (method: Verb, path: string, init: unknown): Promise<unknown> => {
    // The signatures of `Bridge` have checked the path and the arguments.
    const { data, response } = await client.request(method, path as never, init as never);
    const seconds = retryAfter(response);
    if (seconds !== undefined && typeof data === "object" && data !== null) {
      waits.set(data, seconds);
    }
    return data;
  };
  const call = <Method extends Verb>(method: Method) =>
    ((path: string, init?: unknown) => send(method, path, init)) as Call<Method>;
  return { get: call("get"), put: call("put"), post: call("post"), delete: call("delete") };
}

/** Sends a request with a token. Repeats it where that is safe, and throws if the answer is no success. */
function sender({ token: supplied, fetch: send = fetch, attempts = 3, longestWait = 5 }: Options) {
  const token =
    supplied === undefined
      ? undefined
      : new Token(typeof supplied === "string" ? () => supplied : supplied);
  return async (request: Request): Promise<Response> => {
    let bearer = await token?.get();
    let wasRefused = false;
    for (let attempt = 1; ; attempt += 1) {
      const copy = request.clone();
      if (bearer !== undefined) {
        copy.headers.set("authorization", `Bearer ${bearer}`);
      }
      const isLast = attempt >= attempts;
      let answer: Response;
      try {
        answer = await send(copy);
      } catch (error) {
        // The answer is lost. Every write has its caller's own id, so it is safe to send again.
        if (isLast || request.signal.aborted) {
          throw error;
        }
        await pause(2 ** (attempt - 1) * 0.5, request.signal);
        continue;
      }
      if (answer.ok) {
        return answer;
      }
      if (answer.status === 401 && token !== undefined && bearer !== undefined && !wasRefused) {
        wasRefused = true;
        attempt -= 1;
        const next = await token.after(bearer);
        if (next !== bearer) {
          bearer = next;
          continue;
        }
      }
      const wait = retryAfter(answer);
      const isAsked = answer.status === 429 || answer.status === 503;
      if (isLast || !isAsked || wait === undefined || wait > longestWait) {
        throw await errorOf(answer);
      }
      await pause(wait, request.signal);
    }
  };
}
