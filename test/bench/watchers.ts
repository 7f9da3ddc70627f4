import { WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import type { BenchContext, Goal, Measurement } from "./bench.ts";
import { adminOf } from "./parts/admin.ts";
import { startChild } from "./parts/child.ts";
import { sharedMs } from "./parts/instant.ts";
import { pin, pinningNote, SERVER_CORE } from "./parts/pinning.ts";
import { BASE, issuerAt, makePlace, startServer } from "./parts/platform.ts";
import { type Memory, memoryOf } from "./parts/process-facts.ts";
import { type CrowdSize, WatchCrowd } from "./parts/watch-crowd.ts";
import type { PushOrder, PushReport } from "./peers/watch-messages.ts";
import { type Spread, spreadOf } from "./report/statistics.ts";

const FULL = { uploads: 10, crowd: { reading: 4_950, silent: 50, processes: 2, connections: 10 } };
const QUICK = { uploads: 2, crowd: { reading: 100, silent: 4, processes: 2, connections: 2 } };
/** In MB, resident. */
const MOST_MB = 250;

/** What was measured on one server. */
interface Side {
  readonly name: string;
  readonly before: Memory;
  readonly opened: Memory;
  readonly after: Memory;
  /** From the command to each watch, in ms; every upload. */
  readonly fromCommand: Spread;
  /** From the answer to each watch. */
  readonly fromAnswer: Spread;
  /** From the answer to the last watch, one number an upload. */
  readonly toLast: Spread;
}

/** Something that sends a new snapshot to every watch, and tells its revision when it has been answered. */
type Command = (n: number) => Promise<string>;

/** Measures memory and push of a node that thousands watch. */
export async function measureWatchers(context: BenchContext): Promise<Measurement> {
  const { uploads, crowd } = context.isQuick ? QUICK : FULL;
  const { side: ours, messages } = await measureOurs(context, crowd, uploads);
  const peer = await measurePeer(context, crowd, messages);
  return {
    goals: [goalOf(ours)],
    tables: [memoryTable([ours, peer]), timeTable([ours, peer])],
    notes: [
      `${crowd.reading.toLocaleString("en")} watches read, ${crowd.silent} never do; none of those that read missed any of ${uploads} snapshots of ${messages[0]?.length} bytes.`,
      await pinningNote(),
    ],
  };
}

async function measureOurs(
  context: BenchContext,
  crowd: CrowdSize,
  uploads: number,
): Promise<{ side: Side; messages: readonly Buffer[] }> {
  const place = await makePlace(context);
  const server = await startServer(context, place);
  await pin(server.pid, SERVER_CORE);
  const admin = adminOf(context, server);
  const issue = await issuerAt(place);
  await admin.upload(await issue(BASE));
  const licenses = await Promise.all(Array.from({ length: uploads }, () => issue({ item: "gpu" })));
  const messages: Buffer[] = [];
  const witness = admin.watch();
  const see = async () => {
    const message = await witness.next(({ snapshot }) => snapshot !== undefined);
    messages.push(Buffer.from(WatchLicenseCapabilitiesResponse.encode(message).finish()));
  };
  await see();
  context.say("our server");
  const target = { address: server.address, token: server.adminToken, pid: server.pid };
  const command = async (n: number) => {
    const { revision } = await admin.upload(licenses[n] ?? "");
    return String(revision?.revision);
  };
  const side = await measureSide(context, "license service", target, {
    crowd,
    command,
    uploads,
    settled: see,
  });
  await server.end("SIGTERM");
  return { side, messages };
}

/** The peer sends the very bytes that our server sent, one after another. */
async function measurePeer(
  context: BenchContext,
  crowd: CrowdSize,
  messages: readonly Buffer[],
): Promise<Side> {
  const bare = await startChild<PushOrder, PushReport>(
    context,
    new URL("peers/stream-server.ts", import.meta.url),
    SERVER_CORE,
  );
  const { port } = await bare.report((report) => report.kind === "listening");
  const push = async (n: number) => {
    const message = messages[n] ?? Buffer.alloc(0);
    bare.send({ message: message.toString("base64") });
    await bare.report((report) => report.kind === "pushed");
    const { snapshot } = WatchLicenseCapabilitiesResponse.decode(message);
    return String(snapshot?.revision?.revision);
  };
  await push(0);
  context.say("the peer");
  const target = { address: `127.0.0.1:${port}`, token: "none", pid: bare.pid };
  return measureSide(context, "bare grpc-js", target, {
    crowd,
    command: (n) => push(n + 1),
    uploads: messages.length - 1,
    settled: async () => undefined,
  });
}

async function measureSide(
  context: BenchContext,
  name: string,
  target: { readonly address: string; readonly token: string; readonly pid: number },
  run: { crowd: CrowdSize; command: Command; uploads: number; settled: () => Promise<void> },
): Promise<Side> {
  const before = await memoryOf(target.pid);
  const crowd = await WatchCrowd.open(context, target, run.crowd);
  const opened = await memoryOf(target.pid);
  const [fromCommand, fromAnswer, toLast]: [number[], number[], number[]] = [[], [], []];
  for (let n = 0; n < run.uploads; n += 1) {
    const calledAt = sharedMs();
    const revision = await run.command(n);
    const answeredAt = sharedMs();
    const arrivedAt = await crowd.arrivals(revision);
    await run.settled();
    for (const at of arrivedAt) {
      fromCommand.push(at - calledAt);
      // Some have it before the answer is back.
      fromAnswer.push(Math.max(0, at - answeredAt));
    }
    toLast.push(arrivedAt.reduce((last, at) => Math.max(last, at - answeredAt), 0));
  }
  const after = await memoryOf(target.pid);
  await crowd.close();
  return {
    name,
    before,
    opened,
    after,
    fromCommand: spreadOf(fromCommand),
    fromAnswer: spreadOf(fromAnswer),
    toLast: spreadOf(toLast),
  };
}

function goalOf({ after }: Side): Goal {
  return {
    what: "resident memory of the server, the most at any time",
    toReach: `< ${MOST_MB} MB`,
    measured: `${after.peak.toFixed(0)} MB`,
    isReached: after.peak < MOST_MB,
  };
}

function memoryTable(sides: readonly Side[]) {
  return {
    title: "Resident memory (MB, 10^6 bytes)",
    columns: [
      { key: "name", title: "server" },
      { key: "before", title: "no watch" },
      { key: "opened", title: "all open" },
      { key: "after", title: "after the uploads" },
      { key: "peak", title: "most at any time" },
    ],
    rows: sides.map(({ name, before, opened, after }) => ({
      name,
      before: before.now,
      opened: opened.now,
      after: after.now,
      peak: after.peak,
    })),
  };
}

function timeTable(sides: readonly Side[]) {
  const rowsOf = ({ name, fromCommand, fromAnswer, toLast }: Side) => [
    { what: `${name}: from the call to a watch`, ...fromCommand },
    { what: `${name}: from the answer to a watch`, ...fromAnswer },
    { what: `${name}: from the answer to the last watch`, ...toLast },
  ];
  return {
    title: "Milliseconds until watches have the new snapshot",
    columns: [
      { key: "what", title: "what" },
      { key: "n", title: "n" },
      { key: "p50", title: "p50 (ms)", digits: 1 },
      { key: "p99", title: "p99 (ms)", digits: 1 },
      { key: "max", title: "max (ms)", digits: 1 },
    ],
    rows: sides.flatMap(rowsOf),
  };
}
