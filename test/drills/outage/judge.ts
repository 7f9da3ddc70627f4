/** What a load met while the database was away, held against the promises. */
import type { DrillReport, DrillTable, Finding } from "../drill.ts";
import type { ProcessUse } from "../parts/processes.ts";
import { LEGEND, percentileMs, type Sample, slowestMs, spans, timeline } from "../parts/samples.ts";
import { HEARTBEAT_MS, type Kind, type LoadCaller } from "./load.ts";

/** Everything that was noted. Times are of `performance.now()`. */
export interface Outage {
  readonly callers: readonly LoadCaller[];
  readonly beganAt: number;
  readonly awayAt: number;
  /** PostgreSQL takes connections again. */
  readonly backAt: number;
  readonly endedAt: number;
  readonly before: ProcessUse;
  readonly during: ProcessUse;
  readonly after: ProcessUse;
}

const READ_MS = 100;
const REFUSAL_MS = 1_000;
const RECOVERY_MS = 5_000;
/** What garbage not yet collected may add. */
const SPARE_MB = 32;
/** Connections come and go with the pool. */
const SPARE_HANDLES = 15;

/** Tables and findings of one outage. */
export function judgeOutage(title: string, way: string, outage: Outage): DrillReport {
  const findings = [
    readsAnswer(outage),
    readsAreFast(outage),
    refusalsAreTyped(outage),
    refusalsAreFast(outage),
  ];
  findings.push(recovers(outage), nothingPilesUp(outage));
  return {
    tables: [timelineOf(title, outage), spansOf(way, outage)],
    findings: findings.map((finding) => ({ ...finding, promise: `${way}: ${finding.promise}` })),
  };
}

function timelineOf(title: string, outage: Outage): DrillTable {
  const { callers, beganAt, awayAt, backAt, endedAt } = outage;
  const seconds = Math.ceil((endedAt - beganAt) / 1000);
  const at = (instant: number) => ((instant - beganAt) / 1000).toFixed(1);
  return {
    title: `${title}; away from ${at(awayAt)} s to ${at(backAt)} s`,
    note: LEGEND,
    columns: ["rpc", "kind", "second by second", "calls", "slowest ms", "median ms away", "refused as"],
    rows: callers.map(({ name, kind, samples }) => [
      name,
      kind,
      timeline(samples, beganAt, seconds),
      samples.length,
      slowestMs(samples),
      Math.round(
        percentileMs(
          samples.filter((one) => isDuring(outage, one)),
          0.5,
        ),
      ),
      [...new Set(samples.map(({ outcome }) => outcome).filter(isRefusal))].join(", "),
    ]),
  };
}

/** The same as figures: seconds in which calls ended in the same ways are one row. */
function spansOf(way: string, { callers, beganAt }: Outage): DrillTable {
  return {
    title: `${way}: by second`,
    columns: ["rpc", "seconds", "ended as", "calls", "slowest ms"],
    rows: callers.flatMap(({ name, samples }) =>
      spans(samples, beganAt).map((span) => [
        name,
        span.from === span.to ? `${span.from}` : `${span.from} to ${span.to}`,
        span.outcomes.join(", "),
        span.samples.length,
        slowestMs(span.samples),
      ]),
    ),
  };
}

function readsAnswer(outage: Outage): Finding {
  const reads = of(outage, "from memory");
  const failed = reads.filter(({ outcome }) => isRefusal(outcome));
  const isStaleSeen = outage.callers.some(({ samples }) =>
    samples.some(({ outcome }) => outcome === "stale"),
  );
  const seen = `${failed.length} of ${reads.length} failed${isStaleSeen ? "" : "; none says that it is stale"}`;
  return { promise: "reads never fail", holds: failed.length === 0 && isStaleSeen, seen };
}

function readsAreFast(outage: Outage): Finding {
  const unary = outage.callers.filter(({ name, kind }) => kind === "from memory" && name !== "watch");
  const slowest = slowestMs(unary.flatMap(({ samples }) => samples));
  const silence = slowestMs(outage.callers.find(({ name }) => name === "watch")?.samples ?? []);
  const longestSilence = HEARTBEAT_MS + READ_MS;
  return {
    promise: `reads take at most ${READ_MS} ms, a watch with a heartbeat each ${HEARTBEAT_MS} ms is silent for ${longestSilence} ms at most`,
    holds: slowest <= READ_MS && silence > 0 && silence <= longestSilence,
    seen: `slowest ${slowest} ms, longest silence ${silence} ms`,
  };
}

function refusalsAreTyped(outage: Outage): Finding {
  const needing = [
    ...of(outage, "a write"),
    ...of(outage, "from the database"),
    ...of(outage, "the good write"),
  ];
  const refused = needing.filter(({ outcome }) => isRefusal(outcome));
  const wrong = refused.filter(
    ({ outcome, retryAfterMs }) =>
      outcome !== "UNAVAILABLE DATABASE_UNAVAILABLE" || retryAfterMs === undefined,
  );
  return {
    promise: "what needs the database is refused as DATABASE_UNAVAILABLE with RetryInfo",
    holds: refused.length > 0 && wrong.length === 0,
    seen: `${refused.length} refusals, ${wrong.length} otherwise${outcomesOf(wrong)}`,
  };
}

/** "" or " (UNAVAILABLE BUSY)"; those without RetryInfo say so. */
function outcomesOf(wrong: readonly Sample[]): string {
  const texts = wrong.map(({ outcome, retryAfterMs }) =>
    retryAfterMs === undefined ? `${outcome} without RetryInfo` : outcome,
  );
  return texts.length === 0 ? "" : ` (${[...new Set(texts)].join(", ")})`;
}

/** The node knows that the database is away once its answers say that they are stale. */
function refusalsAreFast(outage: Outage): Finding {
  const knownAt = Math.min(
    ...of(outage, "from memory")
      .filter(({ outcome }) => outcome === "stale")
      .map(({ beganAt, tookMs }) => beganAt + tookMs),
  );
  const needing = [
    ...of(outage, "a write"),
    ...of(outage, "from the database"),
    ...of(outage, "the good write"),
  ];
  const late = needing.filter(({ beganAt }) => beganAt > knownAt && beganAt < outage.backAt);
  const slowest = slowestMs(late);
  return {
    promise: `refused within ${REFUSAL_MS} ms once the node knows`,
    holds: late.length > 0 && slowest <= REFUSAL_MS,
    seen: `known after ${Math.round(knownAt - outage.awayAt)} ms; then slowest ${slowest} ms; before it ${slowestMs(needing.filter(({ beganAt }) => beganAt > outage.awayAt && beganAt <= knownAt))} ms`,
  };
}

function recovers(outage: Outage): Finding {
  const good = of(outage, "the good write")
    .filter(({ outcome }) => outcome === "ok")
    .map(({ beganAt, tookMs }) => beganAt + tookMs - outage.backAt)
    .filter((afterMs) => afterMs > 0);
  const firstMs = Math.round(Math.min(...good));
  const seen = good.length === 0 ? "none" : `after ${firstMs} ms`;
  return { promise: `first good write within ${RECOVERY_MS} ms`, holds: firstMs <= RECOVERY_MS, seen };
}

function nothingPilesUp({ before, during, after }: Outage): Finding {
  const worstMb = Math.max(during.residentMb, after.residentMb) - before.residentMb;
  const worstHandles = Math.max(during.handles, after.handles) - before.handles;
  const line = (of: (use: ProcessUse) => number) => [before, during, after].map(of).join(" / ");
  return {
    promise: `memory and handles do not pile up (at most ${SPARE_MB} MB, ${SPARE_HANDLES} handles more)`,
    holds: worstMb <= SPARE_MB && worstHandles <= SPARE_HANDLES,
    seen: `before / away / after: ${line((use) => use.residentMb)} MB, ${line((use) => use.handles)} handles`,
  };
}

function of(outage: Outage, kind: Kind): Sample[] {
  return outage.callers.filter((caller) => caller.kind === kind).flatMap(({ samples }) => samples);
}

function isDuring({ awayAt, backAt }: Outage, { beganAt }: Sample): boolean {
  return beganAt >= awayAt && beganAt < backAt;
}

function isRefusal(outcome: string): boolean {
  return outcome !== "ok" && outcome !== "stale";
}
