/**
 * A new id for an import, a document, a referral, a message or a booking. Store it before the first request: if an
 * answer is lost, the same id makes the repetition safe, also after a restart.
 */
export function newId(): string {
  return crypto.randomUUID();
}
