import type { ProblemBody, ProblemType } from "./schema.ts";

/** The service answered with a problem. Switch on `type`, and show `steps` to people. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** The problem as it was sent. */
  readonly problem: ProblemBody;
  /** The request's id, for support. */
  readonly requestId: string | undefined;
  /** When to repeat the request, in seconds, if the service says so. */
  readonly retryAfter: number | undefined;

  constructor(problem: ProblemBody, answer: Response) {
    super(`${problem.type}: ${problem.detail}`);
    this.problem = problem;
    this.requestId = requestIdOf(answer);
    this.retryAfter = retryAfter(answer) ?? problem.retryAfterSeconds;
  }

  /** The type of the problem. A later release may send types that this one does not know. */
  get type(): ProblemType {
    return this.problem.type;
  }

  /** The HTTP status. */
  get status(): number {
    return this.problem.status;
  }

  /** What people can do about it. */
  get steps(): readonly string[] {
    return this.problem.steps ?? [];
  }

  /** What is wrong with a field, by its JSON pointer or the parameter's name. */
  messageFor(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.message;
  }
}

/** The answer is an error without a problem. Something between the caller and the service sent it. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
  readonly status: number;
  readonly requestId: string | undefined;

  constructor(answer: Response) {
    super(`the answer has status ${answer.status} and no problem`);
    this.status = answer.status;
    this.requestId = requestIdOf(answer);
  }
}

/** Whether an error is a problem, and of one of these types if any are given. */
export function isProblem<Type extends ProblemType = ProblemType>(
  error: unknown,
  ...types: Type[]
): error is ProblemError & { readonly type: Type } {
  return error instanceof ProblemError && (types.length === 0 || types.some((type) => type === error.type));
}

/** The error that an answer stands for. */
export async function errorOf(answer: Response): Promise<ProblemError | UnexpectedAnswer> {
  const isOne = answer.headers.get("content-type")?.startsWith("application/problem+json") === true;
  const body: unknown = isOne ? await answer.json().catch(() => undefined) : undefined;
  return isProblemBody(body) ? new ProblemError(body, answer) : new UnexpectedAnswer(answer);
}

function isProblemBody(body: unknown): body is ProblemBody {
  return (
    typeof body === "object" &&
    body !== null &&
    "type" in body &&
    typeof body.type === "string" &&
    "status" in body &&
    typeof body.status === "number"
  );
}

/** `Retry-After` in seconds. */
export function retryAfter(answer: Response): number | undefined {
  const text = answer.headers.get("retry-after")?.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function requestIdOf(answer: Response): string | undefined {
  return answer.headers.get("x-amzn-requestid") ?? undefined;
}
