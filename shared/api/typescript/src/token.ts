/**
 * Supplies the token: a person's ID token, or the access token of a platform's server. It is called for the first
 * request, shortly before the token expires, and with `refused: true` after the service has refused the token.
 */
export type TokenSupplier = (reason: { refused: boolean }) => Promise<string> | string;

/** How long before its expiry a token is replaced. */
const MARGIN = 60_000;

/** Keeps the token. Requests that need a new one at the same time share one call of the supplier. */
export class Token {
  readonly #supply: TokenSupplier;
  #held: { text: string; until: number } | undefined;
  #pending: Promise<string> | undefined;

  constructor(supply: TokenSupplier) {
    this.#supply = supply;
  }

  async get(): Promise<string> {
    if (this.#held !== undefined && Date.now() < this.#held.until) {
      return this.#held.text;
    }
    return await this.#next({ refused: false });
  }

  /** A token other than the one that was refused. */
  async after(refused: string): Promise<string> {
    if (this.#held !== undefined && this.#held.text !== refused) {
      return this.#held.text;
    }
    return await this.#next({ refused: true });
  }

  #next(reason: { refused: boolean }): Promise<string> {
    this.#pending ??= this.#ask(reason).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #ask(reason: { refused: boolean }): Promise<string> {
    const text = await this.#supply(reason);
    const expiry = expiryOf(text);
    this.#held = { text, until: expiry === undefined ? Infinity : expiry.getTime() - MARGIN };
    return text;
  }
}

/** When a JWT expires, as it says itself. */
export function expiryOf(token: string): Date | undefined {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof claims === "object" && claims !== null && "exp" in claims && typeof claims.exp === "number") {
      return new Date(claims.exp * 1000);
    }
  } catch {
    // Not a JWT. The service will refuse it when it expires.
  }
  return undefined;
}
