/** Checks that several commands share: what a person typed, against what a request takes. */
import { usageError } from "./cli-error.ts";
import { choicesOf, valueNamed } from "./output/names.ts";
import { parseInstant } from "./output/time.ts";

/** The instant of --at. @throws CliError of kind usage. */
export function readInstant(option: string, text: string | undefined, now = new Date()): Date | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text, now);
  if (instant === undefined) {
    throw usageError(
      `${option}: "${text}" is not an instant.`,
      'Write "2026-12-31", "2026-12-31T08:00:00Z", "2026-12-31T08:00+08:00", or a distance from now such as "+30d". Without a zone it is UTC.',
    );
  }
  return instant;
}

/**
 * The instant at which something ends: "90d" from now, an instant, or "never". `undefined`: never.
 * @throws CliError of kind usage, also for one that does not lie ahead.
 */
export function readExpiry(option: string, text: string | undefined, now = new Date()): Date | undefined {
  if (text === undefined || text === "never") return undefined;
  // A bare number would be seconds elsewhere; here it would be taken for days.
  const isDistance = /^\d+(\.\d+)?[a-z]+$/.test(text);
  const instant = parseInstant(isDistance ? `+${text}` : text, now);
  if (instant === undefined || instant <= now) {
    throw usageError(
      `${option}: "${text}" is no instant that lies ahead.`,
      'Write "90d", "12h", "2027-01-01", "2027-01-01T08:00+08:00" or "never". Without a zone it is UTC.',
    );
  }
  return instant;
}

/** A whole number within bounds. @throws CliError of kind usage. */
export function readNumber(
  option: string,
  text: string | undefined,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw usageError(`${option}: "${text}" is not a whole number from ${min} to ${max}.`);
  }
  return value;
}

/** A value of an enum of the contract, by name in any case. @throws CliError of kind usage. */
export function readEnum<Value extends number>(
  option: string,
  text: string,
  values: Readonly<Record<string, Value>>,
): Value {
  const value = valueNamed(values, text);
  if (value === undefined) {
    throw usageError(`${option}: "${text}" is not known.`, `Choose from ${choicesOf(values).join(", ")}.`);
  }
  return value;
}
