import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { inDatabase } from "./database-errors.ts";
import { present } from "./revisions.ts";
import type { Role, TokenRow } from "./types.ts";
import { toInstant, toOptionalInstant, toOptionalTimestamp, toTimestamp } from "./values.ts";

/** A token to keep: never the token itself. */
export type NewToken = Omit<TokenRow, "revokedAt">;

/** Keeps a token. Every server notices by the token revision. */
export function insertToken(knex: Knex, token: NewToken): Promise<void> {
  return inDatabase(async () => {
    await knex("tokens").insert({
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
      .select("id", "name", "role", "sha256", "created_at", "expires_at", "revoked_at")
      .whereNull("revoked_at")
      .orderBy(["created_at", "id"]);
    return rows.map(toToken);
  });
}

/**
 * Revokes a token. Every server notices by the token revision.
 *
 * @returns Whether it was there and not revoked yet.
 */
export function revokeToken(
  knex: Knex,
  token: { readonly id: string; readonly revokedAt: Instant },
): Promise<boolean> {
  return inDatabase(async () => {
    const changed = await knex("tokens")
      .where({ id: token.id })
      .whereNull("revoked_at")
      .update({ revoked_at: toTimestamp(token.revokedAt) });
    return changed === 1;
  });
}

/** Whether any token was ever made for an administrator and not revoked; expired ones count. */
export function hasAdminToken(knex: Knex): Promise<boolean> {
  return inDatabase(async () => {
    const { rows } = await knex.raw<{ rows: { found: boolean }[] }>(
      "select exists (select from tokens where role = 'admin' and revoked_at is null) as found",
    );
    return present(rows[0]).found;
  });
}

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
