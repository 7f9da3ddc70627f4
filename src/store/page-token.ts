/** Page tokens: opaque to callers, and checked like any input from outside. First the form that all share, then those of GetLicenseRecords. */
import { z } from "zod";
import { ServiceError } from "../errors.ts";
import { RECORD_SORTS, type RecordOrder, type RecordPosition, SORT_DIRECTIONS } from "./record-order.ts";

const MAX_TOKEN_LENGTH = 512;

/** Instants that SQL takes: years 1 to 9999 and, for licenses made by others, some more. */
const MIN_INSTANT = Date.parse("0001-01-01T00:00:00Z");
const MAX_INSTANT = 8_640_000_000_000_000;

const TOKEN = z.strictObject({
  by: z.enum(RECORD_SORTS),
  to: z.enum(SORT_DIRECTIONS),
  at: z.int().min(MIN_INSTANT).max(MAX_INSTANT).nullable(),
  id: z.guid(),
});

/** Makes the token that reads on after `position`. */
export function toPageToken(order: RecordOrder, position: RecordPosition): string {
  const content: z.infer<typeof TOKEN> = {
    by: order.sortBy,
    to: order.direction,
    at: position.at ?? null,
    id: position.id,
  };
  return encodeToken(content);
}

/**
 * Reads a token.
 *
 * @throws ServiceError INVALID_REQUEST with field page_token, when it is not a token or is one of another order.
 */
export function readPageToken(token: string, order: RecordOrder): RecordPosition {
  const content = TOKEN.safeParse(decodeToken(token)).data;
  if (content === undefined) throw invalidToken("is not a token of this service");
  if (content.by !== order.sortBy || content.to !== order.direction) {
    throw invalidToken("was given under another order");
  }
  if (content.at === null && content.by !== "expired") throw invalidToken("is not a token of this service");
  return { at: content.at ?? undefined, id: content.id };
}

/** The text of a token. */
export function encodeToken(content: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

/** What a token says; `undefined` for what is none. Never throws. */
export function decodeToken(token: string): unknown {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}

/** The refusal of a token. */
export function invalidToken(what: string): ServiceError {
  const description = `The page token ${what}.`;
  return new ServiceError("INVALID_REQUEST", description, {
    fields: [{ field: "page_token", description }],
  });
}
