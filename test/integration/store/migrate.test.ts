import { spawn } from "node:child_process";
import { once } from "node:events";
import test, { type ExecutionContext } from "ava";
import type { Knex } from "knex";
import { MIGRATIONS } from "../../../migrations/index.ts";
import { EXIT_CODES, StartupError } from "../../../src/errors.ts";
import { migrate, migrateDown } from "../../../src/store/migrate.ts";
import { openTestDatabase, openTestPool } from "./fixtures.ts";

/** Everything in the schema but the rows, one line each. */
const SCHEMA_LINES = `
  select 'table ' || c.relname || ': ' || coalesce(obj_description(c.oid), '') as line
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  union all
  select 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
      || coalesce(': ' || col_description(a.attrelid, a.attnum), '')
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
  union all
  select 'constraint ' || conname || ' on ' || conrelid::regclass || contypid::regtype || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
  union all
  select indexdef from pg_indexes where schemaname = 'public'
  union all
  select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all
  select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
  union all
  select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace
  order by line`;

async function schemaOf(knex: Knex): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { line: string }[] }>(SCHEMA_LINES);
  return rows.map((row) => row.line);
}

async function emptyDatabase(t: ExecutionContext): Promise<{ url: string; knex: Knex }> {
  const url = await openTestDatabase(t);
  const knex = await openTestPool(t, url);
  await knex.raw("drop schema public cascade; create schema public");
  return { url, knex };
}

async function appliedMigrations(knex: Knex): Promise<string[]> {
  return knex("knex_migrations").orderBy("id").pluck("name");
}

test("migrating up, down and up again leaves the same schema, and down leaves nothing", async (t) => {
  const { url, knex } = await emptyDatabase(t);
  await migrate(url);
  const first = await schemaOf(knex);
  await migrateDown(url);
  const left = (await schemaOf(knex)).filter((line) => !line.includes("knex_migrations"));
  await migrate(url);
  t.deepEqual(left, []);
  t.true(first.length > 100);
  t.deepEqual(await schemaOf(knex), first);
});

test("migrating a current schema changes nothing and keeps its data", async (t) => {
  const url = await openTestDatabase(t);
  const knex = await openTestPool(t, url);
  const before = await knex("store").first("store_id");
  t.deepEqual(await migrate(url), []);
  t.deepEqual(await knex("store").first("store_id"), before);
});

test("of five servers that start at once on an empty database, one migrates and all succeed", async (t) => {
  const { url, knex } = await emptyDatabase(t);
  await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
  t.deepEqual(
    await appliedMigrations(knex),
    MIGRATIONS.map((migration) => migration.name),
  );
  t.deepEqual(await knex("store").count({ rows: "*" }).first(), { rows: "1" });
});

test("a server killed in the middle of a migration leaves nothing behind and blocks nobody", async (t) => {
  const { url, knex } = await emptyDatabase(t);
  const program = new URL("./hanging-migration.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, url], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  await migrate(url);
  t.deepEqual(
    await appliedMigrations(knex),
    MIGRATIONS.map((migration) => migration.name),
  );
  t.false(await knex.schema.hasTable("half_made"));
});

test("a lock row of knex that a killed process left behind does not stop a migration", async (t) => {
  const url = await openTestDatabase(t);
  const knex = await openTestPool(t, url);
  await knex("knex_migrations_lock").update({ is_locked: 1 });
  const next = { name: "9000-next", up: () => knex.raw("select 1"), down: () => knex.raw("select 1") };
  await migrate(url, { migrations: [...MIGRATIONS, next] });
  t.is((await appliedMigrations(knex)).at(-1), "9000-next");
});

test("a schema made by a newer version is refused and left alone", async (t) => {
  const url = await openTestDatabase(t);
  const knex = await openTestPool(t, url);
  await knex("knex_migrations").insert({ name: "9999-of-tomorrow", batch: 2, migration_time: new Date() });
  const before = await schemaOf(knex);
  const error = await t.throwsAsync(migrate(url), { instanceOf: StartupError });
  t.is(error?.exitCode, EXIT_CODES.schemaTooNew);
  t.regex(error?.message ?? "", /newer than this program.*"9999-of-tomorrow"/);
  t.deepEqual(await schemaOf(knex), before);
});

test("a migration that fails takes everything back that ran with it", async (t) => {
  const { url, knex } = await emptyDatabase(t);
  const failing = {
    name: "9000-failing",
    up: async () => Promise.reject(new Error("no")),
    down: async () => {},
  };
  await t.throwsAsync(migrate(url, { migrations: [...MIGRATIONS, failing] }), { message: "no" });
  t.deepEqual(await schemaOf(knex), []);
});

test("a server that waits too long for another one's migration ends with one clear line", async (t) => {
  const url = await openTestDatabase(t);
  const isLocked = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const holding = {
    name: "9000-holding",
    async up() {
      isLocked.resolve();
      await mayEnd.promise;
    },
    async down() {},
  };
  const migrations = [...MIGRATIONS, holding];
  const holder = migrate(url, { migrations });
  await isLocked.promise;
  const rival = migrate(url, { migrations, lockWaitMs: 50 });
  const error = await t.throwsAsync(rival, { instanceOf: StartupError });
  mayEnd.resolve();
  await holder;
  t.is(error?.exitCode, EXIT_CODES.databaseUnreachable);
  t.regex(error?.message ?? "", /being migrated|migrated by another server/);
});
