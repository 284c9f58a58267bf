import { retryAfterOf } from "./bridge.ts";
import { ProblemError } from "./problem.ts";
import { pause } from "./wait.ts";

/** How long and how often to ask. */
export interface PollOptions {
  /** Gives up after this many seconds. 120 by default. */
  patience?: number;
  /** The first wait, in seconds. 1 by default. Each further wait is half as long again. */
  firstWait?: number;
  /** The longest wait, in seconds, unless the service asks for a longer one. 60 by default. */
  longestWait?: number;
  /** Ends the polling. */
  signal?: AbortSignal;
}

/** The work had not ended when the caller's patience did. It still goes on. */
export class TookTooLong<Seen = unknown> extends Error {
  override readonly name = "TookTooLong";
  /** The last answer. */
  readonly last: Seen | undefined;

  constructor(last: Seen | undefined) {
    super("the work has not ended yet");
    this.last = last;
  }
}

/**
 * Reads a resource until its work is done. Waits as long as the service asks in `Retry-After`, and otherwise at
 * growing intervals. A problem that may pass, such as a busy service, does not end the polling.
 */
export async function poll<Seen extends object>(
  read: (signal: AbortSignal | undefined) => Promise<Seen>,
  isDone: (seen: Seen) => boolean,
  { patience = 120, firstWait = 1, longestWait = 60, signal }: PollOptions = {},
): Promise<Seen> {
  const end = Date.now() + patience * 1000;
  let last: Seen | undefined;
  let wait = firstWait;
  for (;;) {
    let asked: number | undefined;
    try {
      last = await read(signal);
      if (isDone(last)) {
        return last;
      }
      asked = retryAfterOf(last);
    } catch (error) {
      if (!(error instanceof ProblemError) || !(error.status === 429 || error.status >= 500)) {
        throw error;
      }
      asked = error.retryAfter;
    }
    const next = asked ?? wait;
    if (Date.now() + next * 1000 > end) {
      throw new TookTooLong(last);
    }
    await pause(next, signal);
    wait = Math.min(wait * 1.5, longestWait);
  }
}
