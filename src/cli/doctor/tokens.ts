import type { Knex } from "knex";
import { DAY_MS, type Instant } from "../../domain/license.ts";
import { outsideText } from "../../license-file/outside-text.ts";
import { listTokens } from "../../store/tokens.ts";
import type { TokenRow } from "../../store/types.ts";
import { formatInstant } from "../output/time.ts";
import { counted } from "../render/terms.ts";
import { type Finding, ok, warn } from "./check.ts";

/** So long before its end a token is told of. */
const WARNING_MS = 14 * DAY_MS;

/** Whether there is a way in for administrators, and no token that things depend on ends soon. */
export async function checkTokens(knex: Knex, now: Instant): Promise<Finding> {
  return judgeTokens(await listTokens(knex), now);
}

/** The finding on tokens that are not revoked. */
export function judgeTokens(tokens: readonly TokenRow[], now: Instant): Finding {
  const inForce = tokens.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  const ending = inForce.filter(
    ({ role, expiresAt }) => role !== "viewer" && expiresAt !== undefined && expiresAt <= now + WARNING_MS,
  );
  if (!inForce.some(({ role }) => role === "admin")) {
    return warn("No token of the role admin is in force.", "The next start of a server makes one.");
  }
  if (ending.length === 0)
    return ok(`${counted(inForce.length, "token")} in force, none that matters ends within 14 days`);
  return warn(
    `${counted(ending.length, "token")} of the roles admin and service will end within 14 days: ${ending.map(describe).join(", ")}.`,
    "Make new ones with licensectl token create, and give them to who uses the old ones.",
  );
}

function describe({ name, role, expiresAt }: TokenRow): string {
  const end = expiresAt === undefined ? "" : ` at ${formatInstant(new Date(expiresAt))}`;
  return `${outsideText(name)} (${role})${end}`;
}
