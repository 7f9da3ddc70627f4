import type { Drill, DrillContext, DrillReport } from "./drill.ts";
import { DrillCluster, makeGround } from "./parts/cluster.ts";
import { cloneTemplate, makeTemplate } from "./parts/databases.ts";
import {
  LEFT,
  LIMIT,
  openRaceGround,
  type RaceOutcome,
  race,
  raceAndKill,
  releaseAll,
} from "./parts/race-reservations.ts";
import { withTeardown } from "./parts/teardown.ts";

/** Rounds without a kill; LICENSE_DRILL_ROUNDS in the environment says otherwise. */
const ROUNDS = Number(process.env["LICENSE_DRILL_ROUNDS"] ?? 50);
const KILLS = 5;
const CALLS = 1_000;
const NODES = 4;
const LEASE_SECONDS = 5;

/** A lease is given back by itself this long after its end, at the latest. */
const GIVE_BACK_MS = LEASE_SECONDS * 1_000 + 5_000;

/** Reservations race for the last units. */
export const races: Drill = {
  name: "races",
  fault: `${CALLS} parallel reservations of the last ${LEFT} units from ${NODES} servers, ${ROUNDS} times, and ${KILLS} times with a kill -9`,
  promise:
    `Exactly ${LEFT} of ${CALLS} are reserved, every other one is refused with QUOTA_EXCEEDED, and what is in use\n` +
    "is what was given. After a kill -9 of a server in the middle no more is given either, and what was reserved\n" +
    "comes back when the leases end.",
  usual: "about 6 minutes",
  timeoutMs: 1_200_000,
  run: runRaces,
};

type Round = RaceOutcome & { readonly isGivenBack?: boolean };

async function runRaces(context: DrillContext): Promise<DrillReport> {
  const cluster = await DrillCluster.at(context, await makeGround(context), "main");
  await cluster.start();
  await makeTemplate(cluster);
  const rounds = await withTeardown(context, async (t) => {
    const ground = await openRaceGround(t, await cloneTemplate(cluster, "races"), NODES);
    const outcomes: Round[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const outcome = await race(ground, { calls: CALLS, leaseSeconds: 600 });
      context.say(`round ${round}: ${outcome.reserved.length} reserved, ${outcome.refused} refused`);
      outcomes.push(outcome);
      await releaseAll(ground, outcome.reserved);
    }
    return outcomes;
  });
  const kills: Round[] = [];
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const outcome = await withTeardown(context, async (t) => {
      const ground = await openRaceGround(t, await cloneTemplate(cluster, `kill_${kill}`), NODES);
      return raceAndKill(ground, { calls: CALLS, leaseSeconds: LEASE_SECONDS, patienceMs: GIVE_BACK_MS });
    });
    context.say(`kill ${kill}: ${outcome.reserved.length} reserved, ${outcome.unanswered} unanswered`);
    kills.push(outcome);
  }
  return report(rounds, kills);
}

function report(rounds: readonly Round[], kills: readonly Round[]): DrillReport {
  const row = (one: Round, index: number) => [
    index + 1,
    ...[one.reserved.length, one.refused, one.unanswered, one.held, Number(one.used)],
    one.isGivenBack === undefined ? "" : one.isGivenBack ? "all" : "LEAKED",
  ];
  const columns = ["round", "reserved", "refused", "unanswered", "held", `in use of ${LIMIT}`, "given back"];
  return {
    tables: [
      { title: `${CALLS} reservations of the last ${LEFT} units`, columns, rows: rounds.map(row) },
      {
        title: "the same, a server killed in the middle",
        columns,
        rows: kills.map(row),
        note: "More than there were can be reserved one after another: leases end while calls are repeated.",
      },
    ],
    findings: [
      finding(`exactly ${LEFT} are reserved, and all others are refused`, rounds, isExact),
      finding("with a kill no more is given, and nothing acknowledged is lost", kills, isWithin),
      finding("every kill came in the middle", kills, ({ unanswered }) => unanswered > 0),
      finding("what was reserved comes back by itself", kills, ({ isGivenBack }) => isGivenBack === true),
    ],
  };
}

/** As many reserved as there were, and nothing else in use. */
export function isExact({ reserved, unanswered, used }: RaceOutcome): boolean {
  return reserved.length === LEFT && unanswered === 0 && used === LIMIT;
}

/** What was acknowledged and whose lease runs is in use, and no more than the limit. */
export function isWithin({ held, used }: RaceOutcome): boolean {
  const given = used - (LIMIT - BigInt(LEFT));
  return used <= LIMIT && given >= BigInt(held);
}

function finding(promise: string, rounds: readonly Round[], holds: (round: Round) => boolean) {
  const good = rounds.filter(holds).length;
  return { promise, holds: good === rounds.length, seen: `${good} of ${rounds.length}` };
}
