/** A login that serves but does not own the schema: what `licensectl migrate --grant-to` gives it, and no more. */
import { randomBytes } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Knex } from "knex";
import { MIGRATIONS } from "../../../migrations/index.ts";
import { EXIT_CODES, StartupError } from "../../../src/errors.ts";
import { grantServing, hasRole } from "../../../src/store/grant.ts";
import { migrate } from "../../../src/store/migrate.ts";
import {
  MIGRATION_TABLES,
  SERVICE_FUNCTIONS,
  SERVICE_PROCEDURES,
  SERVICE_TABLES,
} from "../../../src/store/schema.ts";
import { openTestDatabase, openTestPool } from "./fixtures.ts";

/** A database, its owner's pool, and a login without rights. */
async function withSecondLogin(t: ExecutionContext, prefix = "serving_") {
  const url = await openTestDatabase(t);
  const owner = await openTestPool(t, url);
  const role = `${prefix}${randomBytes(6).toString("hex")}`;
  const quoted = `"${role.replaceAll('"', '""').replaceAll("?", "\\?")}"`;
  await owner.raw(`create role ${quoted} login password 'pw'`);
  t.teardown(() => owner.raw(`drop owned by ${quoted}; drop role ${quoted}`));
  await owner.raw("revoke all on schema public from public");
  await owner.raw("revoke execute on all functions in schema public from public");
  return {
    url,
    owner,
    role,
    servingUrl: Object.assign(new URL(url), { username: role, password: "pw" }).href,
  };
}

async function refusalOf(t: ExecutionContext, work: () => Promise<unknown>): Promise<StartupError> {
  const error = await t.throwsAsync(work, { instanceOf: StartupError });
  return error ?? new StartupError("internal", "nothing was thrown");
}

function namesIn(knex: Knex, sql: string): Promise<string[]> {
  return knex.raw<{ rows: { name: string }[] }>(sql).then(({ rows }) => rows.map(({ name }) => name));
}

test("every table and function that the migrations make is known by name", async (t) => {
  const knex = await openTestPool(t, await openTestDatabase(t));
  const tables =
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind";
  t.deepEqual(
    await namesIn(knex, `${tables} in ('r', 'p', 'v', 'm') order by relname`),
    [...MIGRATION_TABLES, ...SERVICE_TABLES].sort(),
  );
  t.deepEqual(
    await namesIn(
      knex,
      "select proname as name from pg_proc where pronamespace = 'public'::regnamespace order by 1",
    ),
    [...SERVICE_FUNCTIONS, ...SERVICE_PROCEDURES].sort(),
  );
  const sequences = await namesIn(knex, `${tables} = 'S' order by relname`);
  t.deepEqual(
    sequences.filter((name) => !name.startsWith("knex_")),
    [],
    "a sequence needs a grant",
  );
});

test("a login that was granted to serves on a current schema, and can change nothing of it", async (t) => {
  const { owner, role, servingUrl } = await withSecondLogin(t);
  await grantServing(owner, role);
  t.deepEqual(await migrate(servingUrl), []);
  const serving = await openTestPool(t, servingUrl);
  for (const forbidden of [
    "create table mine (a int)",
    "alter table store add column a int",
    "drop table tokens",
    "truncate tokens",
    "insert into knex_migrations (name) values ('x')",
    "update knex_migrations_lock set is_locked = 1",
  ]) {
    await t.throwsAsync(serving.raw(forbidden), { code: "42501" }, forbidden);
  }
});

test("a schema that is behind is refused to a login that may not change it, and with LICENSE_MIGRATE=off", async (t) => {
  const { url, owner, role, servingUrl } = await withSecondLogin(t);
  await grantServing(owner, role);
  const next = {
    name: "9000-next",
    up: (knex: Knex) => knex.raw("create table next (a int)"),
    down: async () => {},
  };
  const migrations = [...MIGRATIONS, next];
  const notAllowed = await refusalOf(t, () => migrate(servingUrl, { migrations }));
  t.is(notAllowed.exitCode, EXIT_CODES.schemaTooOld);
  t.regex(
    notAllowed.message,
    /lacks 1 migration\(s\), the first one "9000-next", and this login may not .*permission denied.*Run licensectl migrate with the login that owns/,
  );
  const switchedOff = await refusalOf(t, () => migrate(url, { migrations, mayMigrate: false }));
  t.is(switchedOff.exitCode, EXIT_CODES.schemaTooOld);
  t.regex(switchedOff.message, /"9000-next", and LICENSE_MIGRATE is off\. Run licensectl migrate/);
  t.false(await owner.schema.hasTable("next"));
  t.deepEqual(await migrate(url, { migrations }), ["9000-next"]);
});

test("a login without rights on the tables is refused with the command that gives them", async (t) => {
  const { owner, role, servingUrl } = await withSecondLogin(t);
  const blind = await refusalOf(t, () => migrate(servingUrl));
  t.is(blind.exitCode, EXIT_CODES.schemaTooOld, "it sees no schema at all");
  t.regex(blind.message, /licensectl migrate/);
  await owner.raw("grant usage on schema public to ??", [role]);
  const unreadable = await refusalOf(t, () => migrate(servingUrl));
  t.is(unreadable.exitCode, EXIT_CODES.databaseLoginRefused);
  t.regex(
    unreadable.message,
    /permission denied for table knex_migrations\. .*licensectl migrate --grant-to/,
  );
  await grantServing(owner, role);
  await owner.raw("revoke delete on tokens from ??; revoke select on licenses from ??", [role, role]);
  const partly = await refusalOf(t, () => migrate(servingUrl));
  t.is(partly.exitCode, EXIT_CODES.databaseLoginRefused);
  t.true(partly.message.includes(`may not read and write licenses, tokens.`), partly.message);
  t.true(partly.message.includes(`licensectl migrate --grant-to ${role}.`), partly.message);
});

test("a role is granted to by its exact name, whatever is in it", async (t) => {
  const { owner, role, servingUrl } = await withSecondLogin(t, `odd"; drop table tokens; -- .?$1 `);
  t.true(await hasRole(owner, role));
  t.false(await hasRole(owner, role.slice(0, -1)));
  await grantServing(owner, role);
  t.deepEqual(await migrate(servingUrl), []);
  t.true(await owner.schema.hasTable("tokens"));
});
