/** The claims of a license (LI-1), in version 1 of their schema. docs/license-format.md explains each. */
import { z } from "zod";
import { TERMS } from "../domain/license.ts";
import type { Refusal } from "../domain/refusal.ts";
import { confirmation, numericDate, plainText, quotas, subject, word } from "./claim-values.ts";
import { outsideText } from "./outside-text.ts";
import { refuse } from "./refusals.ts";

/** The only schema version that this program knows. */
export const SCHEMA_VERSION = 1;

/** Every claim, in the order in which {@link LicenseClaims} are signed and judged. */
const CLAIM_SHAPE = {
  ver: z.literal(SCHEMA_VERSION, { error: `${SCHEMA_VERSION}` }),
  iss: plainText(200),
  jti: plainText(128),
  iat: numericDate,
  nbf: numericDate.optional(),
  exp: numericDate.optional(),
  sub: subject,
  cnf: confirmation.optional(),
  aud: plainText(200).optional(),
  profile: word,
  item: word,
  edition: word.optional(),
  term: z.enum(TERMS, { error: `one of ${TERMS.join(", ")}` }),
  from_edition: word.optional(),
  quotas: quotas.optional(),
  service_end: numericDate.optional(),
  customer: plainText(256),
  product_name: plainText(256).optional(),
  contract_number: plainText(128).optional(),
  authorization_code: plainText(128).optional(),
};

/** Claims of a license as they are signed: snake_case, dates in seconds. */
export type LicenseClaims = z.infer<typeof claimsSchema>;

const claimsSchema = z.object(CLAIM_SHAPE).superRefine(checkConfirmation);

/** For the vendor: the same claims, and none beside them, so that a misspelled one is not lost silently. */
const strictClaimsSchema = z.strictObject(CLAIM_SHAPE).superRefine(checkConfirmation);

function checkConfirmation(claims: { sub: string; cnf?: unknown }, context: z.core.$RefinementCtx): void {
  const isForUsbKey = claims.sub.startsWith("usb:");
  if (isForUsbKey === (claims.cnf !== undefined)) return;
  const message = isForUsbKey ? "the public key of the USB key" : "absent in a license for a request code";
  context.addIssue({ code: "custom", path: ["cnf"], message });
}

/**
 * Reads the claims of a payload. Unknown claims are ignored (LI-1), or refused with `isStrict`.
 *
 * @param payload JSON that was read strictly and, on a platform, whose signature was checked.
 * @returns the claims, or the first thing against them in the order of {@link CLAIM_SHAPE}:
 *   SCHEMA_VERSION_UNKNOWN, CLAIM_MISSING or CLAIM_INVALID.
 */
export function readClaims(
  payload: unknown,
  options: { readonly isStrict?: boolean } = {},
): { claims: LicenseClaims } | { refusal: Refusal } {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return {
      refusal: refuse("NOT_A_LICENSE", "This file is not a license: its payload is not a JSON object."),
    };
  }
  const version: unknown = Reflect.get(payload, "ver");
  if (typeof version === "number" && Number.isSafeInteger(version) && version !== SCHEMA_VERSION) {
    return { refusal: unknownVersion(version) };
  }
  const result = (options.isStrict ? strictClaimsSchema : claimsSchema).safeParse(payload);
  return result.success
    ? { claims: inSigningOrder(result.data) }
    : { refusal: refusalOf(result.error, payload) };
}

function unknownVersion(version: number): Refusal {
  return refuse(
    "SCHEMA_VERSION_UNKNOWN",
    `The license is written in version ${version} of the license format; this program knows version ` +
      `${SCHEMA_VERSION}. Update the program, or ask the vendor for a license in version ${SCHEMA_VERSION}.`,
    "ver",
  );
}

function inSigningOrder(claims: LicenseClaims): LicenseClaims {
  const order = Object.keys(CLAIM_SHAPE);
  const entries = Object.entries(claims).filter(([, value]) => value !== undefined);
  const sorted = entries.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return Object.fromEntries(sorted) as LicenseClaims;
}

function refusalOf(error: z.ZodError, payload: object): Refusal {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === "unrecognized_keys")
    return unknownClaim([...path, ...issue.keys.slice(0, 1)].join("."));
  const claim = path.join(".");
  if (!Object.hasOwn(payload, path[0] ?? "")) {
    return refuse(
      "CLAIM_MISSING",
      `The license has no claim ${claim}. Ask the vendor for a corrected one.`,
      claim,
    );
  }
  const message = `The claim ${outsideText(claim, 60)} of the license must be ${issue?.message}.`;
  return refuse("CLAIM_INVALID", `${message} Ask the vendor for a corrected one.`, claim);
}

function unknownClaim(name: string): Refusal {
  return refuse("CLAIM_INVALID", `There is no claim "${outsideText(name, 60)}".`, name);
}
