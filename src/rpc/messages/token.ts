import * as contract from "@license-service/contract";
import type { Instant } from "../../domain/license.ts";
import type { Role, TokenRow } from "../../store/types.ts";
import { toDate, toOptionalDate } from "./instants.ts";

const ROLES: ReadonlyArray<readonly [Role, contract.TokenRole]> = [
  ["admin", contract.TokenRole.ADMIN],
  ["viewer", contract.TokenRole.VIEWER],
  ["service", contract.TokenRole.SERVICE],
];

/** What the contract tells of a token: never the token, nor its hash. */
export function toToken(row: Omit<TokenRow, "sha256" | "revokedAt">, now: Instant): contract.Token {
  return {
    id: row.id,
    name: row.name,
    role: ROLES.find(([role]) => role === row.role)?.[1] ?? contract.TokenRole.UNSPECIFIED,
    createTime: toDate(row.createdAt),
    expireTime: toOptionalDate(row.expiresAt),
    expired: row.expiresAt !== undefined && row.expiresAt <= now,
  };
}

/** The role that a request names; `undefined`: it names none that this server knows. */
export function toRole(role: contract.TokenRole): Role | undefined {
  return ROLES.find(([, value]) => value === role)?.[0];
}
