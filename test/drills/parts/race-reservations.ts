/** Many reservations of the last few units at once, from several nodes. */
import { setTimeout as delay } from "node:timers/promises";
import { RpcError } from "../../helpers/rpc-error.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { type Caller, openCaller } from "./caller.ts";
import { issuerAt } from "./issuer.ts";
import { type DrillNode, makePlace, startFurtherNode, startNode } from "./node.ts";

/** Nodes of one platform whose licenses have some units left. */
export interface RaceGround {
  readonly nodes: readonly DrillNode[];
  readonly callers: readonly Caller[];
}

/** What came of one race. */
export interface RaceOutcome {
  readonly reserved: readonly string[];
  /** QUOTA_EXCEEDED. */
  readonly refused: number;
  /** Calls that never got an answer: their node was killed. */
  readonly unanswered: number;
  /** What is in use after the race, by the database. */
  readonly used: bigint;
  /** Acknowledged reservations whose lease still ran when that was read. */
  readonly held: number;
}

/** Units that the licenses allow, and those that a report says are in use. */
export const LIMIT = 50n;
export const LEFT = 10;
const METER = "base/cpus";
const REPORTED = LIMIT - BigInt(LEFT);

/** Reservations do what they are here for, and not what the limits of callers are there for. */
const SETTINGS = { LICENSE_CALLS_PER_SECOND: "100000", LICENSE_CALLS_AT_ONCE: "10000" };

/** Starts nodes on a migrated database and leaves {@link LEFT} units. */
export async function openRaceGround(t: Teardown, databaseUrl: string, nodes: number): Promise<RaceGround> {
  const place = await makePlace(t, databaseUrl);
  const first = await startNode(t, place, SETTINGS);
  const further = Array.from({ length: nodes - 1 }, () => startFurtherNode(t, place, SETTINGS));
  const all = [first, ...(await Promise.all(further))];
  const callers = all.map((node) => openCaller(t, node));
  const issue = await issuerAt(place);
  const license = await issue({ item: "base", edition: "enterprise", quotas: { cpus: Number(LIMIT) } });
  const [caller] = callers;
  await caller?.call("uploadLicense", { package: Buffer.from(license) });
  await caller?.call("reportUsage", { usages: [{ meter: METER, amount: REPORTED }] });
  return { nodes: all, callers };
}

let races = 0;

/** How to race. */
export interface RaceOptions {
  /** Reservations of one unit each, all at once, dealt out to the callers in turn. */
  readonly calls: number;
  readonly leaseSeconds: number;
  /** Called once so many were reserved. */
  readonly onReserved?: { readonly count: number; readonly act: () => void };
}

/** Races; a call that a node had no room for is repeated, as clients do, with its own key. */
export async function race({ callers }: RaceGround, options: RaceOptions): Promise<RaceOutcome> {
  races += 1;
  const reserved: Reservation[] = [];
  let refused = 0;
  let unanswered = 0;
  const one = async (n: number): Promise<void> => {
    const caller = callers[n % callers.length];
    const outcome = await reserveOne(caller, `race-${races}-${n}`, options.leaseSeconds);
    if (outcome === "refused") refused += 1;
    else if (outcome === "unanswered") unanswered += 1;
    else {
      reserved.push(outcome);
      if (reserved.length === options.onReserved?.count) options.onReserved.act();
    }
  };
  await Promise.all(Array.from({ length: options.calls }, (_, n) => one(n)));
  const used = await usedBy(callers);
  const held = reserved.filter(({ expiresAt }) => expiresAt > Date.now()).length;
  return { reserved: reserved.map(({ id }) => id), refused, unanswered, used, held };
}

/** A reservation that was acknowledged. */
interface Reservation {
  readonly id: string;
  /** By the database's clock, which is this machine's. */
  readonly expiresAt: number;
}

/** What the service asks to be repeated. */
const REPEATABLE = new Set(["BUSY", "DATABASE_UNAVAILABLE"]);

async function reserveOne(
  caller: Caller | undefined,
  idempotencyKey: string,
  leaseSeconds: number,
): Promise<Reservation | "refused" | "unanswered"> {
  const amounts = [{ meter: METER, amount: 1n }];
  const lease = { seconds: BigInt(leaseSeconds), nanos: 0 };
  for (;;) {
    try {
      const answer = await caller?.call("reserveQuota", { amounts, lease, idempotencyKey }, 60_000);
      return { id: answer?.reservationId ?? "", expiresAt: answer?.expireTime?.getTime() ?? 0 };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.reason === "QUOTA_EXCEEDED") return "refused";
      // Without a reason of the service: the node did not answer any more.
      if (error.reason === "") return "unanswered";
      if (!REPEATABLE.has(error.reason)) throw error;
      await delay(200 + Math.random() * 300);
    }
  }
}

/** What is in use, as the first node that answers tells. */
export async function usedBy(callers: readonly Caller[]): Promise<bigint> {
  for (const caller of callers) {
    const answer = await caller.call("listUsage", { meter: METER }).catch(() => undefined);
    if (answer !== undefined) return answer.meters[0]?.used ?? 0n;
  }
  throw new Error("no node tells what is in use");
}

/** Gives back what a race reserved. */
export async function releaseAll({ callers }: RaceGround, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((reservationId) => callers[0]?.call("releaseReservation", { reservationId })));
}

/**
 * Races with short leases and kills the first node once some were reserved; answers the outcome, and whether
 * all leases came back by themselves within `patienceMs`.
 */
export async function raceAndKill(
  ground: RaceGround,
  options: { readonly calls: number; readonly leaseSeconds: number; readonly patienceMs: number },
): Promise<RaceOutcome & { readonly isGivenBack: boolean }> {
  const [victim] = ground.nodes;
  const outcome = await race(ground, {
    ...options,
    onReserved: { count: LEFT / 2, act: () => void victim?.end("SIGKILL") },
  });
  await victim?.end("SIGKILL");
  const giveUpAt = performance.now() + options.patienceMs;
  const rest = ground.callers.slice(1);
  while ((await usedBy(rest)) !== REPORTED) {
    if (performance.now() > giveUpAt) return { ...outcome, isGivenBack: false };
    await delay(100);
  }
  return { ...outcome, isGivenBack: true };
}
