import { fileURLToPath } from "node:url";
import { freePort } from "../helpers/free-port.ts";
import type { BenchContext, Goal, Measurement } from "./bench.ts";
import { makeEmbeddedPlace } from "./parts/embedded-place.ts";
import { makePlace } from "./parts/platform.ts";
import { type Launched, launch } from "./parts/serving.ts";
import { median } from "./report/statistics.ts";

const FULL = 10;
const QUICK = 2;
/** In ms, median. */
const MOST_MS = 1_000;

const SERVER = fileURLToPath(new URL("../../bin/license-service", import.meta.url));
const PEER = fileURLToPath(new URL("peers/health-server.ts", import.meta.url));

/** One way to start. */
interface Case {
  readonly what: string;
  readonly tookMs: readonly number[];
}

/** Measures launches of the whole server, with a database that is there already. */
export async function measureStart(context: BenchContext): Promise<Measurement> {
  const runs = context.isQuick ? QUICK : FULL;
  const embedded = { LICENSE_DATA_DIR: await makeEmbeddedPlace(context) };
  const place = await makePlace(context);
  const given = { LICENSE_DATA_DIR: place.dataDirectory, DATABASE_URL: place.databaseUrl };
  const cases: Case[] = [
    {
      what: "own PostgreSQL, which still runs",
      tookMs: await repeat(runs, "SIGKILL", () => launchServer(context, embedded)),
    },
    {
      what: "own PostgreSQL, to be started",
      tookMs: await repeat(runs, "SIGTERM", () => launchServer(context, embedded)),
    },
    {
      what: "DATABASE_URL",
      tookMs: await repeat(runs, "SIGTERM", () => launchServer(context, given)),
    },
    {
      what: "peer: grpc-js with health alone",
      tookMs: await repeat(runs, "SIGTERM", () => launchPeer(context)),
    },
  ];
  return {
    goals: cases.slice(0, 3).map(goalOf),
    tables: [
      {
        title: "Milliseconds from launch to the first SERVING",
        columns: [
          { key: "what", title: "what" },
          { key: "n", title: "n" },
          { key: "median", title: "median (ms)" },
          { key: "max", title: "max (ms)" },
        ],
        rows: cases.map(({ what, tookMs }) => ({
          what,
          n: tookMs.length,
          median: median(tookMs),
          max: Math.max(...tookMs),
        })),
      },
    ],
    notes: [],
  };
}

/** Starts and ends; the first start, which makes what is missing and warms the caches, does not count. */
async function repeat(
  runs: number,
  signal: "SIGKILL" | "SIGTERM",
  start: () => Promise<Launched>,
): Promise<number[]> {
  const tookMs: number[] = [];
  for (let n = 0; n <= runs; n += 1) {
    const launched = await start();
    await launched.end(signal);
    if (n > 0) tookMs.push(launched.tookMs);
  }
  return tookMs;
}

async function launchServer(
  context: BenchContext,
  place: Readonly<Record<string, string>>,
): Promise<Launched> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = {
    ...place,
    LICENSE_LISTEN: `127.0.0.1:${port}`,
    LICENSE_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
    LICENSE_PLAINTEXT: "on",
  };
  return launch(context, [SERVER], { env, port });
}

async function launchPeer(context: BenchContext): Promise<Launched> {
  const port = await freePort();
  return launch(context, [process.execPath, PEER, String(port)], { env: {}, port });
}

function goalOf({ what, tookMs }: Case): Goal {
  const middle = median(tookMs);
  return {
    what: `${what}, median`,
    toReach: `< ${MOST_MS} ms`,
    measured: `${middle.toFixed(0)} ms`,
    isReached: middle < MOST_MS,
  };
}
