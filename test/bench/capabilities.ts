import type { BenchContext, Goal, Measurement, Table } from "./bench.ts";
import { type CapabilityServers, startCapabilityServers, type Target } from "./parts/capability-servers.ts";
import { CountedCalls, type Latency, type Round } from "./parts/counted-calls.ts";
import { requireH2load } from "./parts/h2load.ts";
import { pinningNote } from "./parts/pinning.ts";
import { WIDE_CAPABILITIES } from "./parts/wide-profile.ts";
import { median } from "./report/statistics.ts";

/** Least share of the peer's calls a second. */
const LEAST_SHARE = 0.9;
const FULL = { rounds: 11, warmUpCalls: 60_000, secondsPerRound: 4, pacedSeconds: 10 };
const QUICK = { rounds: 3, warmUpCalls: 1_000, secondsPerRound: 0.2, pacedSeconds: 0.5 };
/** Calls a second at which latency is measured; both servers carry it easily. */
const PACED_CALLS_PER_SECOND = 2_000;

/** One round of each. */
interface Pair {
  readonly ours: Round;
  readonly peer: Round;
}

/** Measures GetLicenseCapabilities against a bare grpc-js handler that answers the same bytes, without and with TLS. */
export async function measureCapabilities(context: BenchContext): Promise<Measurement> {
  await requireH2load();
  const plain = await measurePairs(context, await startCapabilityServers(context, false), "without TLS");
  const tls = await measurePairs(context, await startCapabilityServers(context, true), "with TLS");
  return {
    goals: [plain.goal, tls.goal],
    tables: [...plain.tables, ...tls.tables],
    notes: [...plain.notes, ...tls.notes, await pinningNote()],
  };
}

async function measurePairs(context: BenchContext, servers: CapabilityServers, how: string) {
  const sizes = context.isQuick ? QUICK : FULL;
  const { ours, peer, answerBytes } = servers;
  const calls = new CountedCalls(servers);
  const callsPerRound = await warmUp(calls, [ours, peer], sizes);
  context.say(`${how}: ${sizes.rounds} rounds of ${callsPerRound} calls for each of the two`);
  const pairs: Pair[] = [];
  for (let n = 0; n < sizes.rounds; n += 1) {
    // Who goes first changes, so that a drift of the machine favors neither.
    const first = await calls.round(n % 2 === 0 ? ours : peer, callsPerRound);
    const second = await calls.round(n % 2 === 0 ? peer : ours, callsPerRound);
    pairs.push(n % 2 === 0 ? { ours: first, peer: second } : { ours: second, peer: first });
  }
  const latencies: Latency[] = [];
  for (const target of [ours, peer]) {
    latencies.push(await calls.paced(target, PACED_CALLS_PER_SECOND, sizes.pacedSeconds));
  }
  await calls.check();
  await servers.end();
  const note = `The answer ${how} had ${WIDE_CAPABILITIES} capabilities in ${answerBytes} bytes; the server's metrics counted ${calls.sent} good calls, as many as were sent.`;
  return {
    goal: goalOf(pairs, how),
    tables: [pairTable(pairs, how), latencyTable(latencies, how)],
    notes: [note],
  };
}

/** @returns calls of a round that lasts about as long as it should. */
async function warmUp(
  calls: CountedCalls,
  targets: readonly Target[],
  { warmUpCalls, secondsPerRound }: typeof FULL,
): Promise<number> {
  let fastest = 0;
  for (const target of targets) {
    const { callsPerSecond } = await calls.load(target, warmUpCalls);
    fastest = Math.max(fastest, callsPerSecond);
  }
  return Math.ceil((fastest * secondsPerRound) / 1_000) * 1_000;
}

function goalOf(pairs: readonly Pair[], how: string): Goal {
  const share = median(pairs.map(({ ours, peer }) => ours.callsPerSecond / peer.callsPerSecond));
  return {
    what: `calls a second ${how}, share of the bare handler's, median of pairs`,
    toReach: `>= ${LEAST_SHARE}`,
    measured: share.toFixed(3),
    isReached: share >= LEAST_SHARE,
  };
}

function pairTable(pairs: readonly Pair[], how: string): Table {
  const row = (what: string, digits: number, value: (pair: Pair) => number) => {
    const values = pairs.map(value);
    const text = (it: number) => it.toLocaleString("en", { maximumFractionDigits: digits });
    const [min, max] = [Math.min(...values), Math.max(...values)];
    return { what, median: text(median(values)), min: text(min), max: text(max) };
  };
  return {
    title: `As fast as it goes, ${how}, ${pairs.length} pairs of rounds`,
    columns: [
      { key: "what", title: "what" },
      { key: "median", title: "median" },
      { key: "min", title: "min" },
      { key: "max", title: "max" },
    ],
    rows: [
      row("license service, calls/s", 0, ({ ours }) => ours.callsPerSecond),
      row("bare grpc-js, calls/s", 0, ({ peer }) => peer.callsPerSecond),
      row("ratio of calls/s", 3, ({ ours, peer }) => ours.callsPerSecond / peer.callsPerSecond),
      row("license service, processor a call (µs)", 1, ({ ours }) => ours.cpuMicros),
      row("bare grpc-js, processor a call (µs)", 1, ({ peer }) => peer.cpuMicros),
      row("ratio of processor a call", 3, ({ ours, peer }) => ours.cpuMicros / peer.cpuMicros),
    ],
  };
}

function latencyTable(rows: readonly Latency[], how: string): Table {
  return {
    title: `Latency at ${PACED_CALLS_PER_SECOND.toLocaleString("en")} calls a second, ${how}`,
    columns: [
      { key: "name", title: "what" },
      { key: "p50", title: "p50 (ms)", digits: 2 },
      { key: "p99", title: "p99 (ms)", digits: 2 },
    ],
    rows: rows.map((row) => ({ ...row })),
  };
}
