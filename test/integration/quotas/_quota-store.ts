/** Reservations at a store of their own, by licenses that a test states as limits. */
import type { ExecutionContext } from "ava";
import type { Allowance, Amount, ReservationRequest, ReserveOutcome } from "../../../src/store/quotas.ts";
import { openTestStore, type TestStore } from "../store/fixtures.ts";

/** Limits by meter, and meters that overflow into others. */
export interface Limits {
  readonly guards: Readonly<Record<string, bigint>>;
  readonly overflows?: Allowance["overflows"];
  /** Default: true. */
  readonly mayCreate?: boolean;
}

/** A store with short ways to use it. */
export interface QuotaStore extends TestStore {
  /** Reserves; what is not named has a default: reporter "compute", a key of its own, 60 s. */
  reserve(
    amounts: Readonly<Record<string, bigint>>,
    limits: Limits,
    more?: Partial<ReservationRequest>,
  ): Promise<ReserveOutcome>;
  /** As {@link reserve}; fails the test unless it was reserved. Answers the id. */
  reserved(
    amounts: Readonly<Record<string, bigint>>,
    limits: Limits,
    more?: Partial<ReservationRequest>,
  ): Promise<string>;
  report(
    reporter: string,
    usages: Readonly<Record<string, bigint>>,
    asOf?: bigint,
  ): Promise<bigint | undefined>;
  /** What is in use, by meter. */
  used(): Promise<Readonly<Record<string, bigint>>>;
  /** Moves the end of a lease into the past, as time does. */
  endLease(id: string): Promise<void>;
}

/** Opens a store whose database goes with the test. */
export async function openQuotaStore(t: ExecutionContext): Promise<QuotaStore> {
  const opened = await openTestStore(t);
  const { store, knex } = opened;
  let keys = 0;
  const reserve: QuotaStore["reserve"] = async (amounts, limits, more = {}) => {
    keys += 1;
    const request = {
      reporter: "compute",
      idempotencyKey: `key-${keys}`,
      resourceId: "vm",
      leaseMs: 60_000,
      amounts: toAmounts(amounts),
      ...more,
    };
    return store.reserve(request, await allowanceOf(opened, limits));
  };
  return {
    ...opened,
    reserve,
    async reserved(...args) {
      const outcome = await reserve(...args);
      if (outcome.outcome !== "RESERVED") throw new Error(`not reserved: ${outcome.outcome}`);
      return outcome.reserved.id;
    },
    report: (reporter, usages, asOf) => store.reportUsage({ reporter, usages: toAmounts(usages), asOf }),
    used: async () => Object.fromEntries((await store.loadUsage()).totals),
    async endLease(id) {
      await knex("quota_reservations")
        .where({ id })
        .update({ expires_at: knex.raw("reserved_at + interval '1 millisecond'") });
      await knex("quota_totals").update({
        next_end_at: knex("quota_reservations").where({ state: "leased" }).min("expires_at"),
      });
    },
  };
}

/** What the licenses of now allow, as these limits say. */
export async function allowanceOf({ store }: Pick<TestStore, "store">, limits: Limits): Promise<Allowance> {
  const { revision, revisionId } = await store.readRevisions();
  return {
    mark: { ...revision, id: revisionId },
    mayCreate: limits.mayCreate ?? true,
    guards: Object.entries(limits.guards).map(([meter, limit]) => ({ meter, limit })),
    overflows: limits.overflows ?? [],
  };
}

function toAmounts(amounts: Readonly<Record<string, bigint>>): Amount[] {
  return Object.entries(amounts)
    .map(([meter, amount]) => ({ meter, amount }))
    .sort((a, b) => (a.meter < b.meter ? -1 : 1));
}
