// A service that answers as a test says.

/** An answer, or `undefined` if the answer is lost. */
export type Scripted = Response | undefined;

/** Answers each request with the next answer, and keeps the requests. */
export class Service {
  readonly requests: Request[] = [];
  readonly #answers: Scripted[];

  constructor(...answers: Scripted[]) {
    this.#answers = answers;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    this.requests.push(request);
    const answer = this.#answers.shift();
    if (answer === undefined) {
      throw new TypeError("fetch failed");
    }
    return answer;
  };

  /** The tokens of the requests, in their order. */
  get tokens(): (string | null)[] {
    return this.requests.map(({ headers }) => headers.get("authorization"));
  }
}

/** An answer with a JSON body. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

/** An answer with a problem. */
export function problem(type: string, status: number, headers: Record<string, string> = {}, more: object = {}): Response {
  const body = JSON.stringify({ type, title: "A title.", status, detail: "A detail.", ...more });
  return new Response(body, { status, headers: { "content-type": "application/problem+json", ...headers } });
}

/** A token that expires in some seconds. */
export function tokenFor(seconds: number): string {
  const claims = { exp: Math.floor(Date.now() / 1000) + seconds, sub: `ü${seconds}` };
  return `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
}
