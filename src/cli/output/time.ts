const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const SCALE = [
  { unitMs: DAY_MS, name: "d" },
  { unitMs: HOUR_MS, name: "h" },
  { unitMs: MINUTE_MS, name: "min" },
  { unitMs: SECOND_MS, name: "s" },
  { unitMs: 1, name: "ms" },
] as const;

/** ISO 8601 in UTC; milliseconds only where there are some: "2026-12-22T00:00:00Z". */
export function formatInstant(instant: Date): string {
  return instant.toISOString().replace(".000Z", "Z");
}

/** Length in the largest unit of which there are two or more, rounded down: "29 d", "36 h", "90 s", "1500 ms". */
export function formatDuration(lengthMs: number): string {
  const scale = SCALE.find(({ unitMs }) => lengthMs >= 2 * unitMs) ?? SCALE[SCALE.length - 1];
  return scale === undefined ? "" : `${Math.floor(lengthMs / scale.unitMs)} ${scale.name}`;
}

/** Distance of an instant from another: "in 29 d", "3 h ago", "now". */
export function formatRelative(instant: Date, from: Date): string {
  const distanceMs = instant.getTime() - from.getTime();
  if (distanceMs === 0) return "now";
  return distanceMs > 0 ? `in ${formatDuration(distanceMs)}` : `${formatDuration(-distanceMs)} ago`;
}

/**
 * Where distances in time count from: the asked instant, else now. An answer for now may have been
 * evaluated long ago, for it holds until its next change; a server's clock that is ahead counts.
 */
export function distanceOrigin(evaluatedAt: Date | undefined, isAtAskedTime: boolean): Date {
  const now = new Date();
  if (evaluatedAt === undefined) return now;
  return isAtAskedTime || evaluatedAt > now ? evaluatedAt : now;
}

/** An instant with its distance: "2026-12-22T00:00:00Z (in 29 d)"; `absent` where there is none. */
export function formatWithDistance(instant: Date | undefined, from: Date, absent = "-"): string {
  return instant === undefined ? absent : `${formatInstant(instant)} (${formatRelative(instant, from)})`;
}

const DURATION = /^(?<count>\d{1,9}(?:\.\d{1,3})?)(?<unit>ms|s|m|min|h|d)?$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  min: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/** Milliseconds of "10", "10s", "500ms", "2m", "1h" or "30d"; seconds without a unit. `undefined`: not a duration. */
export function parseDuration(text: string): number | undefined {
  const groups = DURATION.exec(text)?.groups;
  const unitMs = UNIT_MS[groups?.["unit"] ?? "s"];
  return groups === undefined || unitMs === undefined
    ? undefined
    : Math.round(Number(groups["count"]) * unitMs);
}

const ABSOLUTE =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(?<zone>Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Reads "2026-12-22", "2026-12-22T08:00", "2026-12-22T08:00:00+08:00", "+30d" or "-2h" (from `now`).
 * Without a zone it is UTC. `undefined`: not an instant, the 30th of February included.
 */
export function parseInstant(text: string, now: Date): Date | undefined {
  const sign = text.startsWith("+") ? 1 : text.startsWith("-") ? -1 : 0;
  if (sign !== 0) {
    const distanceMs = parseDuration(text.slice(1));
    return distanceMs === undefined ? undefined : validDate(now.getTime() + sign * distanceMs);
  }
  const groups = ABSOLUTE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const midnight = validDate(Date.parse(`${groups["date"]}T00:00:00Z`));
  if (midnight === undefined || !midnight.toISOString().startsWith(groups["date"] ?? "")) return undefined;
  return validDate(Date.parse(`${groups["date"]}T${groups["time"] ?? "00:00"}${groups["zone"] ?? "Z"}`));
}

function validDate(instant: number): Date | undefined {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
