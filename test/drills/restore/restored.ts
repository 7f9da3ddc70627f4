/** An older state of the database is put back under a platform of two nodes, and what its nodes then show. */
import { AlertKind, CapabilityState, type Revision } from "@license-service/contract";
import { RpcError } from "../../helpers/rpc-error.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { type Caller, openCaller } from "../parts/caller.ts";
import type { DrillCluster } from "../parts/cluster.ts";
import { makeDatabase } from "../parts/databases.ts";
import { BASE, type Issue, issuerAt } from "../parts/issuer.ts";
import { type DrillNode, makePlace, type NodeSettings, startFurtherNode, startNode } from "../parts/node.ts";
import { follow } from "../parts/revisions.ts";

/**
 * What the nodes do meanwhile. "serving": they go on; "stopped": they are started after the restore; "overtaken":
 * they are started after a third node, which knows nothing of before, has written more than was lost.
 */
export type Meanwhile = "serving" | "stopped" | "overtaken";

/** What the two nodes showed after the restore. */
export interface Restored {
  readonly meanwhile: Meanwhile;
  /** The newest revision before the restore. */
  readonly before: Revision;
  /** Of each node, once it has settled. */
  readonly revisions: readonly Revision[];
  /** Epoch of each node some polls later, after a further upload, and after a restart. */
  readonly laterEpochs: readonly bigint[];
  /** Each node's watch shows what was licensed then, and no longer what came since. */
  readonly hasOldRights: readonly boolean[];
  /** Each node raises the alert DATABASE_RESTORED. */
  readonly hasAlert: readonly boolean[];
  /** What each node answers to a reader who has seen the newest revision. */
  readonly toOldReader: readonly string[];
  /** An upload afterwards is answered, and seen on both nodes. */
  readonly isWritable: boolean;
  /** From the database's return to the new epoch on both nodes' watches, in ms. */
  readonly settledMs: number;
}

const SETTLE_MS = 20_000;
const POLL_MS = 200;
const SETTINGS: NodeSettings = { LICENSE_REVISION_POLL_MS: String(POLL_MS), LICENSE_HEARTBEAT_MS: "200" };
/** Modules uploaded after the copy: what the restore takes away. */
const LOST_ITEMS = ["cdp", "billing", "crypto-compliance"] as const;

/** Puts a state of before some uploads back, on a cluster that runs. */
export async function restoreUnderNodes(
  t: Teardown,
  cluster: DrillCluster,
  meanwhile: Meanwhile,
): Promise<Restored> {
  const place = await makePlace(t, await makeDatabase(cluster));
  let nodes = [await startNode(t, place, SETTINGS)];
  nodes.push(await startFurtherNode(t, place, SETTINGS));
  const issue = await issuerAt(place);
  const callers = nodes.map((node) => openCaller(t, node));
  await uploadAll(callers[0], issue, [BASE, { item: "gpu" }]);
  await cluster.stop();
  const putBack = await cluster.backUp();
  await cluster.start();
  const before = await uploadAll(
    callers[0],
    issue,
    LOST_ITEMS.map((item) => ({ item })),
  );
  await seenOnAll(callers, before);
  if (meanwhile !== "serving") for (const node of nodes) await node.end("SIGTERM");
  await cluster.stop();
  await putBack();
  await cluster.start();
  const backAt = performance.now();
  if (meanwhile === "overtaken") await overtake(t, nodes[0], issue, before);
  if (meanwhile !== "serving") nodes = await restart(t, nodes);
  return observe({ t, nodes, issue, before, backAt, meanwhile });
}

interface Scene {
  readonly t: Teardown;
  readonly nodes: readonly DrillNode[];
  readonly issue: Issue;
  readonly before: Revision;
  readonly backAt: number;
  readonly meanwhile: Meanwhile;
}

async function observe({ t, nodes, issue, before, backAt, meanwhile }: Scene): Promise<Restored> {
  const callers = nodes.map((node) => openCaller(t, node));
  const watches = callers.map((caller) => follow(caller.watch()));
  const nextEpoch = { ...before, epoch: before.epoch + 1n, revision: 0n };
  await Promise.all(watches.map((watch) => watch.reaches(nextEpoch, SETTLE_MS)));
  const settledMs = Math.round(performance.now() - backAt);
  const revisions = watches.map((watch) => watch.latest());
  const seen = {
    meanwhile,
    before,
    revisions,
    settledMs,
    hasOldRights: await Promise.all(callers.map(hasOldRights)),
    hasAlert: await Promise.all(callers.map(hasAlert)),
    toOldReader: await Promise.all(callers.map((caller) => answerTo(caller, before))),
  };
  await new Promise((resolve) => setTimeout(resolve, 5 * POLL_MS));
  const isWritable = await canWrite(callers, issue);
  const epochs = watches.map((watch) => watch.latest().epoch);
  for (const node of nodes) await node.end("SIGTERM");
  const restarted = (await restart(t, nodes)).map((node) => openCaller(t, node));
  const afterRestart = await Promise.all(restarted.map(epochOf));
  return { ...seen, isWritable, laterEpochs: [...epochs, ...afterRestart] };
}

async function uploadAll(
  caller: Caller | undefined,
  issue: Issue,
  claims: ReadonlyArray<Parameters<Issue>[0]>,
): Promise<Revision> {
  if (caller === undefined) throw new Error("there is no such node");
  let revision: Revision | undefined;
  for (const each of claims) {
    const bytes = Buffer.from(await issue(each));
    revision = (await untilAnswered(() => caller.call("uploadLicense", { package: bytes })))?.revision;
  }
  if (revision === undefined) throw new Error("nothing was uploaded");
  return revision;
}

/** Uploads may be repeated: right after a start of the database the first ones meet closed connections. */
async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + SETTLE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isAway = error instanceof RpcError && error.reason === "DATABASE_UNAVAILABLE";
      if (!isAway || performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function seenOnAll(callers: readonly Caller[], minRevision: Revision): Promise<void> {
  await Promise.all(callers.map((caller) => caller.call("getLicenseCapabilities", { minRevision })));
}

/** A node without a memory writes until its revision is above the one that was lost. */
async function overtake(
  t: Teardown,
  of: DrillNode | undefined,
  issue: Issue,
  before: Revision,
): Promise<void> {
  if (of === undefined) throw new Error("there is no first node");
  const stranger = await startFurtherNode(t, of.place, SETTINGS);
  const caller = openCaller(t, stranger);
  for (let at = before; ; ) {
    at = await uploadAll(caller, issue, [{ item: "gpu" }]);
    if (at.epoch !== before.epoch || at.revision > before.revision + 1n) break;
  }
  await stranger.end("SIGTERM");
}

async function restart(t: Teardown, nodes: readonly DrillNode[]): Promise<DrillNode[]> {
  const started: DrillNode[] = [];
  for (const { place } of nodes) started.push(await startNode(t, place, SETTINGS));
  return started;
}

async function hasOldRights(caller: Caller): Promise<boolean> {
  const { capabilities } = await caller.call("getLicenseCapabilities");
  const isEnabled = (wanted: string) =>
    capabilities.find(({ key }) => key === wanted)?.state === CapabilityState.ENABLED;
  return isEnabled("gpu") && !LOST_ITEMS.some(isEnabled);
}

async function hasAlert(caller: Caller): Promise<boolean> {
  const { alerts } = await caller.call("getLicenseInfo");
  return alerts.some(({ kind }) => kind === AlertKind.DATABASE_RESTORED);
}

async function answerTo(caller: Caller, minRevision: Revision): Promise<string> {
  try {
    await caller.call("getLicenseCapabilities", { minRevision });
    return "an answer";
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return error.reason;
  }
}

async function canWrite(callers: readonly Caller[], issue: Issue): Promise<boolean> {
  try {
    const revision = await uploadAll(callers[1], issue, [{ item: "sriov" }]);
    await seenOnAll(callers, revision);
    return true;
  } catch (error) {
    if (error instanceof RpcError) return false;
    throw error;
  }
}

async function epochOf(caller: Caller): Promise<bigint> {
  const { revision } = await caller.call("getLicenseCapabilities");
  return revision?.epoch ?? 0n;
}
