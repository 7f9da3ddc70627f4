import { StartupError } from "../../errors.ts";
import { outsideText } from "../../license-file/outside-text.ts";

/** How a check ended. "skip": what it looks at is out of reach, for a reason that another check tells. */
export type Outcome = "ok" | "warn" | "fail" | "skip";

/** What a check found. */
export interface Finding {
  readonly outcome: Outcome;
  /** What was seen, in one sentence or less. */
  readonly seen: string;
  /** What to do about it; `undefined`: nothing. */
  readonly remedy?: string | undefined;
}

/** A check by its name. */
export interface Check {
  readonly name: string;
  readonly look: () => Finding | Promise<Finding>;
}

/** A finding with the name of its check. */
export interface CheckResult extends Finding {
  readonly check: string;
}

/** No check takes longer. */
export const TIME_LIMIT_MS = 5_000;

/** Everything is as it should be. */
export function ok(seen: string): Finding {
  return { outcome: "ok", seen };
}

/** It works, but somebody should look. */
export function warn(seen: string, remedy: string): Finding {
  return { outcome: "warn", seen, remedy };
}

/** It does not work. */
export function fail(seen: string, remedy?: string): Finding {
  return { outcome: "fail", seen, remedy };
}

/** It was not looked at. */
export function skip(seen: string): Finding {
  return { outcome: "skip", seen };
}

/** The finding for an error: its message, where it is one that the server itself would end with. */
export function failureOf(error: unknown): Finding {
  if (error instanceof StartupError) return fail(error.message);
  const message = error instanceof Error ? error.message : String(error);
  return fail(`The check could not be made: ${outsideText(message, 300)}.`);
}

/**
 * Runs checks side by side. None of them stops the others, by failing or by taking its time.
 *
 * @param timeLimitMs after this long a check has failed. Default: 5,000.
 */
export function runChecks(
  checks: readonly Check[],
  timeLimitMs = TIME_LIMIT_MS,
): Promise<readonly CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, look }) => ({ check: name, ...(await bounded(look, timeLimitMs)) })),
  );
}

async function bounded(look: Check["look"], timeLimitMs: number): Promise<Finding> {
  const { promise: late, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => resolve(fail(`There was no answer within ${timeLimitMs} ms.`)), timeLimitMs);
  try {
    return await Promise.race([(async () => look())().catch(failureOf), late]);
  } finally {
    clearTimeout(timer);
  }
}
