import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { registerNode, touchNode } from "./nodes.ts";
import { readPlatform, registerPlatform, withPlatformLock } from "./platform.ts";
import { countRecords, listRecords, type RecordQuery } from "./records.ts";
import { readRevision, readRevisions } from "./revisions.ts";
import { loadState } from "./state.ts";
import { hasAdminToken, insertToken, listTokens, type NewToken, revokeToken } from "./tokens.ts";
import type { PlatformRow } from "./types.ts";
import { type StoreTransaction, write } from "./write.ts";

/** What the service keeps in its database, over one pool. */
export type Store = ReturnType<typeof createStore>;

/**
 * Binds the functions of this folder to a pool. Each is documented where it is defined. The pool's
 * owner ends it.
 */
export function createStore(knex: Knex) {
  return {
    loadState: () => loadState(knex),
    readRevision: () => readRevision(knex),
    readRevisions: () => readRevisions(knex),
    write: <T>(work: (tx: StoreTransaction) => Promise<T>) => write(knex, work),
    listRecords: (query: RecordQuery) => listRecords(knex, query),
    countRecords: () => countRecords(knex),
    withPlatformLock: <T>(work: (trx: Knex.Transaction) => Promise<T>) => withPlatformLock(knex, work),
    registerPlatform: (platform: PlatformRow) => registerPlatform(knex, platform),
    readPlatform: () => readPlatform(knex),
    registerNode: (node: { readonly id: string; readonly name: string }) => registerNode(knex, node),
    touchNode: (nodeId: string) => touchNode(knex, nodeId),
    insertToken: (token: NewToken) => insertToken(knex, token),
    listTokens: () => listTokens(knex),
    revokeToken: (token: { readonly id: string; readonly revokedAt: Instant }) => revokeToken(knex, token),
    hasAdminToken: () => hasAdminToken(knex),
  };
}
