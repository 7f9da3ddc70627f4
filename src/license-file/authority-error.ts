/** A mistake in the vendor's work: told to the person at the command line, never sent over the wire. */
export class AuthorityError extends Error {
  override readonly name = "AuthorityError";

  /** Says what failed and why, with the reason taken from the cause. */
  static of(what: string, cause: unknown): AuthorityError {
    if (cause instanceof AuthorityError) return cause;
    return new AuthorityError(`${what}: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}
