import type { Instant } from "../domain/license.ts";
import { ServiceError } from "../errors.ts";
import type { TokenRow } from "../store/types.ts";
import type { Identity } from "./identity.ts";
import { hashToken, TOKEN_PATTERN } from "./token.ts";

const BEARER = /^bearer +(\S+) *$/i;

/**
 * The tokens in force, in memory: reads need no database. Looked up by hash, so that the time it takes
 * tells nothing about a token.
 */
export class TokenTable {
  #byHash: ReadonlyMap<string, Identity> = new Map();
  #byId: ReadonlyMap<string, Identity> = new Map();
  /** Revoked through this node. A read that began before must not bring them back. */
  readonly #forgotten = new Set<string>();

  /** Takes over what the store holds now. */
  replace(rows: readonly TokenRow[]): void {
    const known = rows
      .filter(({ id, revokedAt }) => revokedAt === undefined && !this.#forgotten.has(id))
      .map(({ id, name, role, expiresAt, sha256 }) => ({
        sha256,
        identity: { id, kind: "token" as const, name, role, expiresAt },
      }));
    this.#byHash = new Map(known.map(({ sha256, identity }) => [sha256, identity]));
    this.#byId = new Map(known.map(({ identity }) => [identity.id, identity]));
  }

  /** A token was revoked for good: it is unknown from now on, whatever {@link replace} brings. */
  forget(tokenId: string): void {
    this.#forgotten.add(tokenId);
    const isKept = ({ id }: Identity): boolean => id !== tokenId;
    this.#byHash = new Map([...this.#byHash].filter(([, identity]) => isKept(identity)));
    this.#byId = new Map([...this.#byId].filter(([, identity]) => isKept(identity)));
  }

  /**
   * The identity behind an `authorization` value.
   *
   * @param authorization the value; `undefined`: the call carries none.
   * @throws ServiceError TOKEN_MISSING, TOKEN_UNKNOWN, TOKEN_EXPIRED.
   */
  identify(authorization: string | undefined, now: Instant): Identity {
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) throw MISSING;
    const identity = TOKEN_PATTERN.test(token) ? this.#byHash.get(hashToken(token)) : undefined;
    if (identity === undefined) throw UNKNOWN;
    if (hasExpired(identity, now)) throw EXPIRED;
    return identity;
  }

  /** Whether this very identity is in force: that of a table replaced meanwhile is not, even with the same id. */
  isInForce(identity: Identity, now: Instant): boolean {
    return this.#byId.get(identity.id) === identity && !hasExpired(identity, now);
  }

  /** Why an identity that was good before is so no more; `undefined`: it is. */
  refusalOf(identity: Identity, now: Instant): ServiceError | undefined {
    const current = this.#byId.get(identity.id);
    if (current === undefined) return UNKNOWN;
    return hasExpired(current, now) ? EXPIRED : undefined;
  }
}

function hasExpired({ expiresAt }: Identity, now: Instant): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/*
 * One error each for all who meet it: whoever tries tokens at full speed must not have the server make a
 * stack trace and encode the same details for every one.
 */
const MISSING = new ServiceError(
  "TOKEN_MISSING",
  'The call needs a token: send the metadata "authorization: Bearer <token>".',
);
const UNKNOWN = new ServiceError(
  "TOKEN_UNKNOWN",
  "The token is not known, or was revoked. Ask an administrator for one.",
);
const EXPIRED = new ServiceError(
  "TOKEN_EXPIRED",
  "The token has expired. Ask an administrator for a new one.",
);
