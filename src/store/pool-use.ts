import type { Knex } from "knex";

/** How a pool of connections is used at the moment. */
export interface PoolUse {
  /** Connections that a statement or transaction holds. */
  readonly used: number;
  /** Open connections that nobody holds. */
  readonly free: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** Reads how a pool is used. Costs nothing but three look-ups. */
export function poolUse(pool: Knex): PoolUse {
  // knex types its client as anything; the pool is tarn's.
  const tarn: Tarn = pool.client.pool;
  return { used: tarn.numUsed(), free: tarn.numFree(), waiting: tarn.numPendingAcquires() };
}

interface Tarn {
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
}
