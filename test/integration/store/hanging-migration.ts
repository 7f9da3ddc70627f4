/** Program of a test: migrates, and hangs in the middle of a statement of the last migration. */
import knexOf from "knex";
import { MIGRATIONS } from "../../../migrations/index.ts";
import { migrate } from "../../../src/store/migrate.ts";

const url = process.argv[2] ?? "";
const observer = knexOf({ client: "pg", connection: url });

await migrate(url, {
  migrations: [
    ...MIGRATIONS,
    {
      name: "9000-hanging",
      async up(knex) {
        await knex.raw("create table half_made (id int)");
        await Promise.all([knex.raw("select pg_sleep(600)"), reportSleeping()]);
      },
      async down() {},
    },
  ],
});

/** Says so once PostgreSQL is in the middle of the statement. */
async function reportSleeping(): Promise<void> {
  const sleeping = observer("pg_stat_activity").whereRaw(
    "datname = current_database() and wait_event = 'PgSleep'",
  );
  while ((await sleeping.clone().first("pid")) === undefined);
  console.log("in the middle");
}
