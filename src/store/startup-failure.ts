import { ServiceError, StartupError } from "../errors.ts";

/** SQLSTATEs of a server that answers and refuses: login, password, no such database, no right. */
const LOGIN_REFUSED = new Set(["28000", "28P01", "3D000", "42501"]);

/** SQLSTATEs of a right that is missing: on a thing, or on the schema that the thing would be in. */
const RIGHT_MISSING = new Set(["42501", "3F000"]);

/** What pg itself says when the server asks for a password and there is none. */
const PASSWORD_MISSING = /^SASL: .*password must be/;

const MAX_DETAIL_LENGTH = 120;

/**
 * Turns a failure of the first contact with the database into one clear line.
 *
 * @param server The server, as {@link describeServer} names it.
 */
export function toStartupError(error: unknown, server: string): StartupError {
  if (error instanceof StartupError) return error;
  const { code, message } = partsOf(error);
  if (isLoginRefused(error)) {
    const reason = PASSWORD_MISSING.test(message) ? "a password is needed" : message;
    const text = `The database at ${server} refuses this login: ${reason}.`;
    return new StartupError("databaseLoginRefused", text, { cause: error });
  }
  const detail = message.includes(code) ? message : `${message} (${code})`;
  const text = `The database at ${server} cannot be reached: ${detail}.`;
  return new StartupError("databaseUnreachable", text, { cause: error });
}

/**
 * What an error means that ends a start: a database that is lost in the middle of it, or turns out to take no
 * writes, is no defect.
 */
export function ofStart(error: unknown): unknown {
  if (!(error instanceof ServiceError) || error.reason !== "DATABASE_UNAVAILABLE") return error;
  const { message } = partsOf(error.cause);
  const text = `The database cannot serve: ${message}. Start again when it takes writes.`;
  return new StartupError("databaseUnreachable", text, { cause: error });
}

/** Whether the server answered, but does not let us in, or not do what is needed. */
export function isLoginRefused(error: unknown): boolean {
  const { code, message } = partsOf(error);
  return LOGIN_REFUSED.has(code) || message.startsWith("SASL");
}

/** Whether the server says that the login lacks a right, or sees no schema that it may use. */
export function isRightMissing(error: unknown): boolean {
  const { cause = error } = error instanceof Error ? error : {};
  return RIGHT_MISSING.has(partsOf(cause).code);
}

/** What the server said, on one line of bounded length. */
export function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  return partsOf(cause).message;
}

function partsOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: cut(String(error)) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // When every address of a name refuses, the error has no message of its own.
  const message = error instanceof AggregateError ? String(error.errors[0]?.message ?? code) : error.message;
  return { code, message: cut("severity" in error ? withoutStatement(message) : message) };
}

/** knex puts the statement before what the server said. */
function withoutStatement(message: string): string {
  return message.slice(message.lastIndexOf(" - ") + 1).replace(/^- /, "");
}

function cut(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return line.length > MAX_DETAIL_LENGTH ? `${line.slice(0, MAX_DETAIL_LENGTH)}…` : line.replace(/\.$/, "");
}
