import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES, StartupError } from "../../../src/errors.ts";
import { migrate } from "../../../src/store/migrate.ts";
import { openDatabase } from "../../../src/store/open-database.ts";
import { openTestDatabase, openTestPool } from "./fixtures.ts";

const SECRET = "sEcReT-word";

/** Both ways to a first contact end with the same line; answers it. */
async function refusalOf(t: ExecutionContext, url: string): Promise<StartupError> {
  const [opening, migrating] = await Promise.all([
    t.throwsAsync(openDatabase(url), { instanceOf: StartupError }),
    t.throwsAsync(migrate(url), { instanceOf: StartupError }),
  ]);
  t.is(opening?.message, migrating?.message);
  t.is(opening?.exitCode, migrating?.exitCode);
  t.false(opening?.message.includes("\n"));
  t.false(opening?.message.includes(SECRET));
  return opening ?? new StartupError("internal", "nothing was thrown");
}

test("what is no PostgreSQL URL is refused by one line without its password", async (t) => {
  for (const url of ["", "localhost", `mysql://u:${SECRET}@localhost/db`, `postgres://u:${SECRET}@[/db`]) {
    const error = await refusalOf(t, url);
    t.is(error.exitCode, EXIT_CODES.databaseUnreachable);
    t.regex(error.message, /must be postgres:\/\//);
    t.is(error.cause, undefined);
  }
});

test("a server that is not there, by port, name or socket, is named as unreachable", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  for (const [url, message] of [
    [
      `postgres://u:${SECRET}@127.0.0.1:${port}/db`,
      new RegExp(`at 127.0.0.1:${port} cannot be reached: .*ECONNREFUSED`),
    ],
    [
      `postgres://u:${SECRET}@name.invalid/db`,
      /at name\.invalid:5432 cannot be reached: .*(ENOTFOUND|EAI_AGAIN)/,
    ],
    [`postgres://u:${SECRET}@x/db?host=/nonexistent`, /at socket \/nonexistent cannot be reached: .*ENOENT/],
  ] as const) {
    const error = await refusalOf(t, url);
    t.is(error.exitCode, EXIT_CODES.databaseUnreachable);
    t.regex(error.message, message);
  }
});

test("a server that is something else than PostgreSQL is unreachable", async (t) => {
  const server = createServer((socket) =>
    socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const error = await refusalOf(t, `postgres://u:${SECRET}@127.0.0.1:${port}/db`);
  t.is(error.exitCode, EXIT_CODES.databaseUnreachable);
});

test("a wrong password, no password, an unknown role and an unknown database are refused logins", async (t) => {
  const url = await openTestDatabase(t);
  const changed = (change: (url: URL) => void) => {
    const copy = new URL(url);
    change(copy);
    return copy.href;
  };
  for (const [wrong, message] of [
    [changed((u) => Object.assign(u, { password: SECRET })), /password authentication failed/],
    [changed((u) => Object.assign(u, { password: "" })), /a password is needed/],
    [
      changed((u) => Object.assign(u, { username: "nobody", password: SECRET })),
      /password authentication failed/,
    ],
    [
      changed((u) => Object.assign(u, { pathname: "/no_such_database" })),
      /database "no_such_database" does not exist/,
    ],
  ] as const) {
    const error = await refusalOf(t, wrong);
    t.is(error.exitCode, EXIT_CODES.databaseLoginRefused, wrong);
    t.regex(error.message, message);
  }
});

test("a role that may not make tables is refused by one line that says so and names the command", async (t) => {
  const url = await openTestDatabase(t);
  const knex = await openTestPool(t, url);
  const role = `test_role_${randomBytes(8).toString("hex")}`;
  await knex.raw("drop schema public cascade; create schema public; grant usage on schema public to public");
  await knex.raw(`create role ${role} login password '${SECRET}'`);
  t.teardown(() => knex.raw(`drop role ${role}`));
  const restricted = Object.assign(new URL(url), { username: role, password: SECRET }).href;
  const error = await t.throwsAsync(migrate(restricted), { instanceOf: StartupError });
  t.is(error?.exitCode, EXIT_CODES.schemaTooOld);
  t.regex(
    error?.message ?? "",
    /may not make them \(permission denied for schema public\)\. Run licensectl migrate/,
  );
});

test("every connection of the pool has its bounds, its name and its formats", async (t) => {
  const knex = await openTestPool(t, await openTestDatabase(t));
  const { rows } = await knex.raw(
    `select name, setting from pg_settings where name in
      ('application_name', 'DateStyle', 'TimeZone', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')
      order by lower(name)`,
  );
  t.deepEqual(
    rows.map((row: { name: string; setting: string }) => [row.name, row.setting]),
    [
      ["application_name", "license-service server"],
      ["DateStyle", "ISO, MDY"],
      ["idle_in_transaction_session_timeout", "5000"],
      ["lock_timeout", "3000"],
      ["statement_timeout", "5000"],
      ["TimeZone", "UTC"],
    ],
  );
});

test("threat 32: an error of a statement names no value in it", async (t) => {
  const knex = await openTestPool(t, await openTestDatabase(t));
  const error = await t.throwsAsync(knex("tokens").insert({ sha256: SECRET, no_such_column: 1 }));
  t.false(error?.message.includes(SECRET));
});
