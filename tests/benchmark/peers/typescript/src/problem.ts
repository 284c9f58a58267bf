// Errors that callers see, as RFC 9457 has them.

export type FieldError = { pointer: string; message: string };

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly title: string,
    readonly errors: FieldError[] = [],
  ) {
    super(kind);
  }

  body(): object {
    const { status, kind, title, errors } = this;
    return { type: kind, title, status, detail: title, ...(errors.length > 0 && { errors }) };
  }
}

export const invalid = (errors: FieldError[]) => new Problem(400, "invalid-request", "The request is not valid", errors);
export const unauthenticated = () => new Problem(401, "unauthenticated", "A valid token is needed");
export const forbidden = () => new Problem(403, "forbidden", "You do not have permission to do this");
export const notFound = () => new Problem(404, "not-found", "Not found");
export const notConnected = () =>
  new Problem(409, "not-connected", "The practice is not connected to Best Practice");
export const linkNeeded = () =>
  new Problem(403, "clinician-link-needed", "Your account is not linked to a Bp user");
export const offline = () => new Problem(503, "site-offline", "The practice's server cannot be reached");
export const slow = () => new Problem(504, "site-slow", "The practice's server did not answer in time");
export const haloUnavailable = () => new Problem(502, "halo-unavailable", "Halo Connect is unavailable");
export const malformed = () =>
  new Problem(502, "malformed-answer", "The practice's answer could not be understood");
