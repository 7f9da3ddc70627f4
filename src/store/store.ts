import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { type ChangeQuery, listCapabilityChanges } from "./capability-changes.ts";
import { type HistoryMove, moveHistory, readHistoryMark } from "./history-mark.ts";
import { type Lineage, raiseEpoch, withoutMemory } from "./lineage.ts";
import { beatNode, type NodeIdentity, registerNode } from "./nodes.ts";
import { readPlatform, registerPlatform, withPlatformLock } from "./platform.ts";
import {
  type Allowance,
  commitReservation,
  type ReservationRequest,
  releaseReservation,
  reportUsage,
  reserve,
  type UsageReport,
} from "./quotas.ts";
import { countRecords, listRecords, type RecordQuery } from "./records.ts";
import { readRevisions } from "./revisions.ts";
import { loadState } from "./state.ts";
import { hasAdminToken, insertToken, listTokens, type NewToken, revokeToken } from "./tokens.ts";
import { Turnstile } from "./turnstile.ts";
import type { PlatformRow } from "./types.ts";
import { endDueLeases, loadUsage } from "./usage.ts";
import { listUsage, type UsageQuery } from "./usage-list.ts";
import { readUsb, requestUsbScan, writeSight } from "./usb.ts";
import { type StoreTransaction, write } from "./write.ts";

/** What the service keeps in its database, over one pool. */
export type Store = ReturnType<typeof createStore>;

/**
 * Binds the functions of this folder to a pool. Each is documented where it is defined. The pool's
 * owner ends it.
 *
 * @param lineage what this node saw of the store before. Default: nothing.
 */
export function createStore(knex: Knex, lineage: Lineage = NO_MEMORY) {
  // What callers ask for. What the node itself reads finds a free connection also when they are many.
  const turnstile = new Turnstile({ running: CALLERS_AT_ONCE, waiting: 100, patienceMs: 3_000 });
  return {
    loadState: () => loadState(knex, lineage),
    raiseEpoch: () => raiseEpoch(knex, lineage),
    readRevisions: () => readRevisions(knex),
    write: <T>(work: (tx: StoreTransaction) => Promise<T>) => turnstile.run(() => write(knex, lineage, work)),
    listRecords: (query: RecordQuery) => turnstile.run(() => listRecords(knex, query)),
    listCapabilityChanges: (query: ChangeQuery) => turnstile.run(() => listCapabilityChanges(knex, query)),
    readHistoryMark: (revisionId: string) => readHistoryMark(knex, revisionId),
    moveHistory: (move: HistoryMove) => moveHistory(knex, move),
    loadUsage: () => loadUsage(knex),
    endDueLeases: () => endDueLeases(knex),
    reserve: (request: ReservationRequest, allowance: Allowance) =>
      turnstile.run(() => reserve(knex, request, allowance)),
    commitReservation: (id: string, reporter: string) =>
      turnstile.run(() => commitReservation(knex, id, reporter)),
    releaseReservation: (id: string, reporter: string) =>
      turnstile.run(() => releaseReservation(knex, id, reporter)),
    reportUsage: (report: UsageReport) => turnstile.run(() => reportUsage(knex, report)),
    listUsage: (query: UsageQuery) => turnstile.run(() => listUsage(knex, query)),
    countRecords: () => turnstile.run(() => countRecords(knex)),
    withPlatformLock: <T>(work: (trx: Knex.Transaction) => Promise<T>) => withPlatformLock(knex, work),
    registerPlatform: (platform: PlatformRow) => registerPlatform(knex, platform),
    readPlatform: () => readPlatform(knex),
    registerNode: (node: Parameters<typeof registerNode>[1]) => registerNode(knex, node),
    beatNode: (node: NodeIdentity) => beatNode(knex, node),
    readUsb: () => readUsb(knex),
    writeSight: (nodeId: string, document: string) => writeSight(knex, nodeId, document),
    requestUsbScan: () => turnstile.run(() => requestUsbScan(knex)),
    insertToken: (token: NewToken) => insertToken(knex, token),
    listTokens: () => listTokens(knex),
    revokeToken: (token: { readonly id: string; readonly revokedAt: Instant }) => revokeToken(knex, token),
    hasAdminToken: (now: Instant) => hasAdminToken(knex, now),
  };
}

/** Fewer than the pool has connections. */
const CALLERS_AT_ONCE = 7;

const NO_MEMORY = withoutMemory({ id: "00000000-0000-0000-0000-000000000000", name: "without memory" });
