import { randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Knex } from "knex";
import { migrate } from "../../../src/store/migrate.ts";
import { openDatabase } from "../../../src/store/open-database.ts";
import { commitReservation, reserve } from "../../../src/store/quotas.ts";
import { readRevisions } from "../../../src/store/revisions.ts";
import { makeDatabase } from "../../drills/parts/databases.ts";
import { makeCluster } from "./_context.ts";

const METER = "base/cpus";

async function connect(t: ExecutionContext, url: string): Promise<Knex> {
  const knex = await openDatabase(url, { poolSize: 8 });
  t.teardown(() => knex.destroy());
  return knex;
}

test("threat 21: what was answered is there after a kill -9 of PostgreSQL, though nobody waited for the disk under the lock", async (t) => {
  const cluster = await makeCluster(t);
  // Nothing but the second transaction writes the log out.
  await cluster.start({ wal_writer_delay: "10s", wal_writer_flush_after: "2GB" });
  const url = await makeDatabase(cluster);
  await migrate(url);
  const knex = await connect(t, url);
  const { revision, revisionId } = await readRevisions(knex);
  const allowance = { mark: { ...revision, id: revisionId }, mayCreate: true, guards: [], overflows: [] };
  const reserved = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const request = {
        reporter: "compute",
        idempotencyKey: randomUUID(),
        resourceId: "",
        leaseMs: 600_000,
        amounts: [{ meter: METER, amount: 1n }],
      };
      const outcome = await reserve(knex, request, allowance);
      return outcome.outcome === "RESERVED" ? outcome.reserved.id : "";
    }),
  );
  const [committed = ""] = reserved;
  t.like(await commitReservation(knex, committed, "compute"), { outcome: "COMMITTED" });
  await cluster.kill();
  await cluster.start();
  const after = await connect(t, url);
  const rows: { id: string; state: string }[] = await after("quota_reservations").select("id", "state");
  t.deepEqual(rows.map(({ id }) => id).toSorted(), reserved.toSorted());
  t.is(rows.find(({ id }) => id === committed)?.state, "committed");
  const totals = await after("quota_totals").first("totals", "revision");
  t.deepEqual(totals, { totals: { [METER]: 40 }, revision: "41" });
});
