export { connect, retryAfterOf } from "./bridge.ts";
export type { Answer, Bridge, Call, Options } from "./bridge.ts";
export { newId } from "./ids.ts";
export { pages } from "./pages.ts";
export type { Page } from "./pages.ts";
export { poll, TookTooLong } from "./poll.ts";
export type { PollOptions } from "./poll.ts";
export { isProblem, ProblemError, UnexpectedAnswer } from "./problem.ts";
export { expiryOf } from "./token.ts";
export type { TokenSupplier } from "./token.ts";
export { announcement, upload } from "./upload.ts";
// Every schema of the document under its own name, and `paths` and `operations`.
export type * from "./schema.ts";
