import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import { present } from "./revisions.ts";
import type { StoredUsage } from "./types.ts";

/** Most that counts as use of one meter: reporters may say any number, and what is sent has 64 bits. */
const MOST_USED = 2n ** 63n - 1n;

/**
 * Reads what is in use by now, and nothing else.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function loadUsage(knex: Knex): Promise<StoredUsage> {
  return inDatabase(() => readUsage(knex));
}

/** As {@link loadUsage}, within a transaction; with the errors of the database. */
export async function readUsage(knex: Knex | Knex.Transaction): Promise<StoredUsage> {
  const { rows } = await knex.raw<{ rows: UsageColumns[] }>(USAGE);
  return {
    revision: BigInt(present(rows[0]).revision),
    totals: new Map(
      rows.flatMap(({ meter, used }) => (meter === null || used === null ? [] : [[meter, toUsed(used)]])),
    ),
  };
}

/**
 * Gives back what leases hold that have ended, so that the usage revision tells of it. For right answers it
 * is not needed: {@link loadUsage} leaves such leases out.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE, also for a database that takes no writes.
 */
export function endDueLeases(knex: Knex): Promise<void> {
  return inDatabase(async () => {
    await knex.raw("select end_due_leases()");
  });
}

// Numbers as text, for those of JSON are not exact beyond 2^53.
const USAGE = `
  select t.revision, total.key as meter, trunc((total.value)::numeric - coalesce(ended.amount, 0))::text as used
  from quota_totals t
  left join lateral jsonb_each(t.totals) total on true
  left join (
    select meter, sum(amount) as amount
    from quota_reservations r, unnest(r.meters, r.amounts) as part (meter, amount)
    where r.state = 'leased' and r.expires_at <= clock_timestamp()
    group by meter
  ) ended on ended.meter = total.key`;

interface UsageColumns {
  readonly revision: string;
  /** Null: nothing was ever used. */
  readonly meter: string | null;
  readonly used: string | null;
}

function toUsed(text: string): bigint {
  const used = BigInt(text);
  if (used < 0n) return 0n;
  return used > MOST_USED ? MOST_USED : used;
}
