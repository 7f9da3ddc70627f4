/** What one caller met, call by call. */
import { status } from "@grpc/grpc-js";
import { RpcError } from "../../helpers/rpc-error.ts";
import { retryAfterMs } from "./caller.ts";

/** One call. Times are of `performance.now()`. */
export interface Sample {
  readonly beganAt: number;
  readonly tookMs: number;
  /** "ok", "stale" (an answer from memory while the database is away), or "CODE REASON". */
  readonly outcome: string;
  /** The pause that a refusal asked for, in ms. */
  readonly retryAfterMs: number | undefined;
}

/** An answer that may say since when it is stale. */
interface MaybeStale {
  readonly staleSince?: Date | undefined;
}

/** Makes one call and notes what came of it. Never rejects. */
export async function sample(call: () => Promise<unknown>): Promise<Sample> {
  const beganAt = performance.now();
  const done = (outcome: string, retryAfterMs?: number): Sample => ({
    beganAt,
    tookMs: performance.now() - beganAt,
    outcome,
    retryAfterMs,
  });
  try {
    const answer = await call();
    return done(isStale(answer) ? "stale" : "ok");
  } catch (error) {
    if (!(error instanceof RpcError)) return done(`no answer: ${String(error)}`);
    return done(`${status[error.code]} ${error.reason}`.trim(), retryAfterMs(error));
  }
}

function isStale(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && (answer as MaybeStale).staleSince !== undefined;
}

/** The slowest of some calls, in whole ms; 0 for none. */
export function slowestMs(samples: readonly Sample[]): number {
  return Math.round(Math.max(0, ...samples.map(({ tookMs }) => tookMs)));
}

/** The share `p` (0 to 1) of some calls took at most so many ms; 0 for none. */
export function percentileMs(samples: readonly Sample[], p: number): number {
  const sorted = samples.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0;
}

const MARKS: Readonly<Record<string, string>> = { ok: ".", stale: "s" };

/** What the letters of {@link timeline} mean. */
export const LEGEND =
  ". ok, s ok and stale, U UNAVAILABLE, ! anything else, - nothing ended, one letter a second";

/** One letter for each second in which calls ended, the worst of them. */
export function timeline(samples: readonly Sample[], fromMs: number, seconds: number): string {
  const worst = new Array<string>(seconds).fill("-");
  for (const { beganAt, tookMs, outcome } of samples) {
    const second = Math.floor((beganAt + tookMs - fromMs) / 1000);
    const mark = MARKS[outcome] ?? (outcome.startsWith("UNAVAILABLE") ? "U" : "!");
    const before = worst[second];
    if (before !== undefined && "-.sU!".indexOf(mark) > "-.sU!".indexOf(before)) worst[second] = mark;
  }
  return worst.join("");
}

/** Seconds in a row in which calls ended in the same ways. */
export interface Span {
  /** First and last second, counted from 0. */
  readonly from: number;
  readonly to: number;
  /** What calls came to, each once. */
  readonly outcomes: readonly string[];
  readonly samples: readonly Sample[];
}

/** The calls by the second in which they ended, equal seconds together. */
export function spans(samples: readonly Sample[], fromMs: number): Span[] {
  const bySecond = Map.groupBy(samples, ({ beganAt, tookMs }) =>
    Math.floor((beganAt + tookMs - fromMs) / 1000),
  );
  const found: Span[] = [];
  for (const [second, ended] of [...bySecond].sort(([a], [b]) => a - b)) {
    const outcomes = [...new Set(ended.map(({ outcome }) => outcome))].sort();
    const last = found.at(-1);
    const isSame = last !== undefined && last.to === second - 1 && `${last.outcomes}` === `${outcomes}`;
    if (isSame) found[found.length - 1] = { ...last, to: second, samples: [...last.samples, ...ended] };
    else found.push({ from: second, to: second, outcomes, samples: ended });
  }
  return found;
}
