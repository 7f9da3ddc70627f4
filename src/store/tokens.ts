import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { ServiceError } from "../errors.ts";
import { boundsSql } from "./connection.ts";
import { inDatabase, UNREACHABLE } from "./database-errors.ts";
import { present } from "./revisions.ts";
import type { Role, TokenRow } from "./types.ts";
import { toInstant, toOptionalInstant, toOptionalTimestamp, toTimestamp } from "./values.ts";

/** A token to keep: never the token itself. */
export type NewToken = Omit<TokenRow, "revokedAt">;

/**
 * Keeps a token. Every server notices by the token revision.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE, also when the connection was lost while committing: then the
 *   token may be there.
 */
export function insertToken(knex: Knex, token: NewToken): Promise<void> {
  return changeTokens(knex, async (trx) => {
    await trx("tokens").insert({
      id: token.id,
      name: token.name,
      role: token.role,
      sha256: token.sha256,
      created_at: toTimestamp(token.createdAt),
      expires_at: toOptionalTimestamp(token.expiresAt),
    });
  });
}

/** Reads all tokens that are not revoked, expired ones included, the oldest first. */
export function listTokens(knex: Knex): Promise<TokenRow[]> {
  return inDatabase(async () => {
    const rows: TokenColumns[] = await knex("tokens")
      .select(...COLUMNS)
      .whereNull("revoked_at")
      .orderBy(["created_at", "id"]);
    return rows.map(toToken);
  });
}

/**
 * Revokes a token. Every server notices by the token revision. Revocations of all nodes wait for each other
 * at the `store` row, so that two of them cannot take the last two admin tokens.
 *
 * @returns The token as it was.
 * @throws ServiceError TOKEN_NOT_FOUND: it is unknown or was revoked before; LAST_ADMIN_TOKEN: without it
 *   no admin token would be in force; DATABASE_UNAVAILABLE, also when the connection was lost while
 *   committing: then the token may be revoked.
 */
export function revokeToken(
  knex: Knex,
  { id, revokedAt }: { readonly id: string; readonly revokedAt: Instant },
): Promise<TokenRow> {
  return changeTokens(knex, async (trx) => {
    await trx("store").select("store_id").forUpdate();
    const row = await trx("tokens")
      .first<TokenColumns | undefined>(...COLUMNS)
      .where({ id })
      .whereNull("revoked_at");
    if (row === undefined) throw notFound();
    const token = toToken(row);
    await trx("tokens")
      .where({ id })
      .update({ revoked_at: toTimestamp(revokedAt) });
    // One that has expired lets nobody in: it may go, whatever is left.
    if (isAdminInForce(token, revokedAt) && !(await findAdminToken(trx, revokedAt))) throw lastAdmin();
    return token;
  });
}

/** Whether a token of an administrator is in force at `now`: neither revoked nor expired. */
export function hasAdminToken(knex: Knex, now: Instant): Promise<boolean> {
  return inDatabase(() => findAdminToken(knex, now));
}

async function findAdminToken(knex: Knex, now: Instant): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: { found: boolean }[] }>(
    `select exists (
       select from tokens
        where role = 'admin' and revoked_at is null and (expires_at is null or expires_at > ?)
     ) as found`,
    [toTimestamp(now)],
  );
  return present(rows[0]).found;
}

function isAdminInForce({ role, expiresAt }: TokenRow, now: Instant): boolean {
  return role === "admin" && (expiresAt === undefined || expiresAt > now);
}

function notFound(): ServiceError {
  return new ServiceError("TOKEN_NOT_FOUND", "There is no such token, or it was revoked before.");
}

function lastAdmin(): ServiceError {
  return new ServiceError(
    "LAST_ADMIN_TOKEN",
    "Without this token no administrator could call by token any more. Make another admin token first.",
  );
}

/** Runs `work` as one transaction. */
function changeTokens<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  let isCommitting = false;
  const transaction = async (trx: Knex.Transaction): Promise<T> => {
    await trx.raw(boundsSql("transaction"));
    const result = await work(trx);
    isCommitting = true;
    return result;
  };
  return inDatabase(
    () => knex.transaction(transaction),
    () => (isCommitting ? OUTCOME_UNKNOWN : UNREACHABLE),
  );
}

const OUTCOME_UNKNOWN =
  "The database was lost while the change was committed, so it may have been made: list the tokens.";

const COLUMNS = ["id", "name", "role", "sha256", "created_at", "expires_at", "revoked_at"] as const;

interface TokenColumns {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly sha256: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

function toToken(row: TokenColumns): TokenRow {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    sha256: row.sha256,
    createdAt: toInstant(row.created_at),
    expiresAt: toOptionalInstant(row.expires_at),
    revokedAt: toOptionalInstant(row.revoked_at),
  };
}
