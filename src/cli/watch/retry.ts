import { setTimeout as wait } from "node:timers/promises";
import type { CliError } from "../cli-error.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * Wait before attempt number `attempt` (from 0): doubling from 0.5 s to 30 s, of which a random part
 * between half and all, so that many watchers do not come back in one instant.
 */
export function retryWaitMs(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 16));
  return Math.round(longest * (0.5 + random() / 2));
}

/** Tells the wait, then waits; ends early when the user ends the program. */
export async function waitBefore(
  attempt: number,
  interrupted: AbortSignal,
  tell: (waitMs: number) => void,
): Promise<void> {
  const waitMs = retryWaitMs(attempt);
  tell(waitMs);
  await wait(waitMs, undefined, { signal: interrupted }).catch(() => {});
}

/** Whether trying again can help: not when the token or the call itself was refused. */
export function isWorthRetrying(error: CliError): boolean {
  if (error.parts.status === "UNIMPLEMENTED") return false;
  return error.kind === "unreachable" || error.kind === "internal" || error.parts.status === "UNAVAILABLE";
}
