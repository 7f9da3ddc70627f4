import { setTimeout as delay } from "node:timers/promises";
import type { Revision } from "@license-service/contract";
import type { BenchContext, Goal, Measurement } from "./bench.ts";
import { type Admin, adminOf } from "./parts/admin.ts";
import { openDeafNetwork } from "./parts/deaf-network.ts";
import {
  BASE,
  type BenchPlace,
  type Issue,
  issuerAt,
  makePlace,
  makeSecondNode,
  startServer,
} from "./parts/platform.ts";
import { type Spread, spreadOf } from "./report/statistics.ts";

const FULL = 30;
const QUICK = 3;
/** In ms, for the slowest. */
const MOST_WITH_LISTEN = 1_000;
const MOST_WITH_POLL = 3_000;
/** Longest random wait before an upload, in ms: longer than a poll, so that uploads meet it at every phase. */
const MOST_WAIT_MS = 1_100;

/** Measures how long an upload on one node takes to a watch on another. */
export async function measurePropagation(context: BenchContext): Promise<Measurement> {
  const uploads = context.isQuick ? QUICK : FULL;
  const place = await makePlace(context);
  const first = adminOf(context, await startServer(context, place));
  const issue = await issuerAt(place);
  await first.upload(await issue(BASE));
  const listening = await makeSecondNode(context, place, place.databaseUrl);
  const deafNetwork = await openDeafNetwork(context, place.databaseUrl);
  const deaf = await makeSecondNode(context, place, deafNetwork.url);
  const byListen = await measureNode(context, listening, { first, issue, uploads });
  const byPoll = await measureNode(context, deaf, { first, issue, uploads });
  if (deafNetwork.cuts() === 0) throw new Error("the deaf node never asked to listen: nothing was cut");
  return {
    goals: [
      goal("with LISTEN, the slowest", byListen, MOST_WITH_LISTEN),
      goal("by the poll alone, the slowest", byPoll, MOST_WITH_POLL),
    ],
    tables: [
      {
        title: "Milliseconds from the answer on the first node to the watch on the second",
        columns: [
          { key: "what", title: "second node" },
          { key: "n", title: "uploads" },
          { key: "p50", title: "p50 (ms)", digits: 1 },
          { key: "p99", title: "p99 (ms)", digits: 1 },
          { key: "max", title: "max (ms)", digits: 1 },
        ],
        rows: [
          { what: "hears notifications", ...byListen },
          { what: "LISTEN cut, polls every second", ...byPoll },
        ],
      },
    ],
    notes: [],
  };
}

async function measureNode(
  context: BenchContext,
  place: BenchPlace,
  { first, issue, uploads }: { first: Admin; issue: Issue; uploads: number },
): Promise<Spread> {
  const watch = adminOf(context, await startServer(context, place)).watch();
  await watch.next(({ snapshot }) => snapshot !== undefined);
  const tookMs: number[] = [];
  for (let n = 0; n < uploads; n += 1) {
    const license = await issue({ item: "gpu" });
    await delay(Math.random() * MOST_WAIT_MS);
    // Arrivals are timed on their own: the watch may be faster than the answer.
    const arrival = arrivalAfter(watch);
    const { revision } = await first.upload(license);
    const answeredAt = performance.now();
    tookMs.push(Math.max(0, (await arrival(revision)) - answeredAt));
  }
  return spreadOf(tookMs);
}

/** Collects arrivals from now on; the answer resolves with the instant at which this revision was there. */
function arrivalAfter(watch: ReturnType<Admin["watch"]>) {
  const next = async () => {
    const { snapshot } = await watch.next((message) => message.snapshot !== undefined);
    return { at: performance.now(), revision: snapshot?.revision?.revision ?? 0n };
  };
  const firstArrival = next();
  return async (revision: Revision | undefined): Promise<number> => {
    const wanted = revision?.revision ?? 0n;
    for (let arrival = await firstArrival; ; arrival = await next()) {
      if (arrival.revision >= wanted) return arrival.at;
    }
  };
}

function goal(what: string, { max }: Spread, most: number): Goal {
  return { what, toReach: `< ${most} ms`, measured: `${max.toFixed(0)} ms`, isReached: max < most };
}
