/** One kill of a server in the middle of uploads, and what is found afterwards. */
import type { Revision } from "@license-service/contract";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { type Caller, openCaller } from "./caller.ts";
import { installedOn, isSameSet, recordedOn } from "./installed.ts";
import { BASE, issuePairs, issuerAt, type Pair } from "./issuer.ts";
import { type DrillNode, makePlace, startFurtherNode, startNode } from "./node.ts";
import { type Follower, follow, isAtLeast } from "./revisions.ts";

/** How to kill. */
export interface KillOptions {
  /** Migrated and empty. */
  readonly databaseUrl: string;
  /** Uploads of two licenses each. */
  readonly uploads: number;
  /** The kill comes right after this many were acknowledged. */
  readonly killAfter: number;
}

/** What was found. */
export interface KillOutcome {
  readonly acknowledged: number;
  /** Uploads that were answered with an error, or not at all. */
  readonly refused: number;
  /** Uploads of which both licenses are there. */
  readonly present: number;
  /** Uploads of which one license is there. */
  readonly half: number;
  /** Acknowledged uploads of which a license is missing. */
  readonly lost: number;
  /** The records and their total name just what is installed, on the node that was killed and on the other. */
  readonly agrees: boolean;
  /** The other node's watch showed every acknowledged upload within {@link WATCH_MS}, and never went back. */
  readonly isWatched: boolean;
}

/** A watch on another node shows a change within this long, by notification or at the latest by the poll. */
export const WATCH_MS = 3_000;

const AT_ONCE = 8;

/** Starts two nodes, uploads to the first, kills it and starts it again. */
export async function killDuringUploads(t: Teardown, options: KillOptions): Promise<KillOutcome> {
  const place = await makePlace(t, options.databaseUrl);
  const victim = await startNode(t, place);
  const other = openCaller(t, await startFurtherNode(t, place));
  const issue = await issuerAt(place);
  const caller = openCaller(t, victim);
  await caller.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  const pairs = await issuePairs(issue, options.uploads);
  const watched = follow(other.watch());
  const acknowledged = await uploadUntilKilled(victim, caller, pairs, options.killAfter);
  const isWatched = (await showsAll(watched, acknowledged)) && !watched.wentBack();
  const again = openCaller(t, await startNode(t, place));
  return {
    ...count(pairs, acknowledged, await installedOn(again)),
    agrees: await agree(again, other),
    isWatched,
  };
}

/** Answers what was acknowledged: by index of the pair, the revision. */
async function uploadUntilKilled(
  victim: DrillNode,
  caller: Caller,
  pairs: readonly Pair[],
  killAfter: number,
): Promise<Map<number, Revision>> {
  const acknowledged = new Map<number, Revision>();
  const queue = pairs.entries();
  const uploadAll = async () => {
    for (const [index, { bytes }] of queue) {
      const answer = await caller.call("uploadLicense", { package: bytes }).catch(() => undefined);
      if (answer?.revision === undefined) continue;
      acknowledged.set(index, answer.revision);
      if (acknowledged.size === killAfter) void victim.end("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, uploadAll));
  await victim.end("SIGKILL");
  return acknowledged;
}

async function showsAll(watched: Follower, acknowledged: ReadonlyMap<number, Revision>): Promise<boolean> {
  const [first, ...others] = acknowledged.values();
  if (first === undefined) return false;
  const newest = others.reduce((best, one) => (isAtLeast(one, best) ? one : best), first);
  return watched.reaches(newest, WATCH_MS);
}

function count(pairs: readonly Pair[], acknowledged: ReadonlyMap<number, unknown>, installed: Set<string>) {
  const there = pairs.map(({ ids }) => ids.filter((id) => installed.has(id)).length);
  return {
    acknowledged: acknowledged.size,
    refused: pairs.length - acknowledged.size,
    present: there.filter((number) => number === 2).length,
    half: there.filter((number) => number === 1).length,
    lost: there.filter((number, index) => acknowledged.has(index) && number < 2).length,
  };
}

async function agree(one: Caller, other: Caller): Promise<boolean> {
  const installed = await installedOn(one);
  const recorded = await recordedOn(one);
  const isRecorded = isSameSet(installed, recorded.ids) && recorded.total === installed.size;
  return isRecorded && isSameSet(installed, await installedOn(other));
}
