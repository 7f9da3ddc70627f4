import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES } from "../../../src/errors.ts";
import { openDataDirectory } from "../../../src/platform/data-directory.ts";
import { withClient } from "../../../src/store/embedded/connection.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { serverSettings } from "../../helpers/server-settings.ts";
import { startProcess } from "../../helpers/service-process.ts";

/** A place for a server, with settings by which it would start. */
async function makePlace(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const env = serverSettings({ databaseUrl: database.url, dataDirectory: data.path });
  return { url: database.url, dataDirectory: data.path, workspace: data.workspace, env };
}

/** Starts and stops a server once, so that the database has its platform. */
async function startOnce(t: ExecutionContext, env: Readonly<Record<string, string>>): Promise<void> {
  const server = startProcess(t, env);
  await server.address;
  server.child.kill("SIGTERM");
  t.is((await server.end).code, 0);
}

/** Asserts that a start is refused with an exit code and one line on standard error. */
async function assertRefused(
  t: ExecutionContext,
  env: Readonly<Record<string, string>>,
  kind: keyof typeof EXIT_CODES,
  message: RegExp,
  argv: readonly string[] = [],
): Promise<void> {
  const { code, stderr, lines } = await startProcess(t, env, argv).end;
  t.is(code, EXIT_CODES[kind], stderr);
  t.regex(stderr, message);
  t.regex(stderr, /^license-service: [^\n]+\n$/, "one line");
  t.deepEqual(
    lines.filter((line) => line.includes('"ready"')),
    [],
  );
}

test("an unknown setting, an unknown flag and a wrong value refuse the start", async (t) => {
  await assertRefused(t, { LICENSE_LISTNE: "x" }, "settings", /did you mean LICENSE_LISTEN/);
  await assertRefused(t, {}, "settings", /did you mean --development/, ["--develpment"]);
  await assertRefused(
    t,
    { LICENSE_HEARTBEAT_MS: "soon" },
    "settings",
    /LICENSE_HEARTBEAT_MS must be a whole number/,
  );
});

test("a database that does not answer refuses the start, and no password is shown", async (t) => {
  const { env } = await makePlace(t);
  const closed = "postgresql://license:hunter2@127.0.0.1:1/license";
  await assertRefused(t, { ...env, DATABASE_URL: closed }, "databaseUnreachable", /127\.0\.0\.1:1/);
  const { stderr } = await startProcess(t, { ...env, DATABASE_URL: closed }).end;
  t.notRegex(stderr, /hunter2/);
});

test("a refused login refuses the start", async (t) => {
  const { env, url } = await makePlace(t);
  const wrong = new URL(url);
  wrong.password = "hunter2";
  await assertRefused(t, { ...env, DATABASE_URL: wrong.href }, "databaseLoginRefused", /refuses this login/);
  const nowhere = new URL(url);
  nowhere.pathname = "/no_such_database";
  await assertRefused(t, { ...env, DATABASE_URL: nowhere.href }, "databaseLoginRefused", /no_such_database/);
});

test("a schema of a newer program refuses the start", async (t) => {
  const { env, url } = await makePlace(t);
  await withClient(url, (client) =>
    client.query(
      "insert into knex_migrations (name, batch, migration_time) values ('9999-later', 99, now())",
    ),
  );
  await assertRefused(t, env, "schemaTooNew", /9999-later/);
});

test("a port that is taken refuses the start, and what was opened is closed again", async (t) => {
  const { env, dataDirectory } = await makePlace(t);
  const taken = createServer();
  t.teardown(() => taken.close());
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const listen = { LICENSE_LISTEN: `127.0.0.1:${port}` };
  await assertRefused(t, { ...env, ...listen }, "listen", /another program listens there/);
  (await openDataDirectory(dataDirectory)).close();
  await assertRefused(t, { ...env, LICENSE_LISTEN: "192.0.2.1:0" }, "listen", /does not have the address/);
});

test("a data directory in use, and one that is none, refuse the start", async (t) => {
  const { env, dataDirectory, workspace } = await makePlace(t);
  const inUse = await openDataDirectory(dataDirectory);
  t.teardown(() => inUse.close());
  await assertRefused(t, env, "dataDirectoryInUse", /another process/);
  const file = join(workspace, "file");
  await writeFile(file, "");
  await assertRefused(t, { ...env, LICENSE_DATA_DIR: file }, "dataDirectory", /not a directory/);
});

test("a platform whose key is missing, or is another's, refuses the start and says how to repair it", async (t) => {
  const { env, dataDirectory, workspace } = await makePlace(t);
  await startOnce(t, env);
  const keyFile = join(dataDirectory, "platform-key.pem");
  const key = await readFile(keyFile);
  await rm(keyFile);
  await assertRefused(
    t,
    env,
    "platformKey",
    /key is not in this data directory.*licensectl node join --key platform-key\.pem --data-dir "/,
  );
  t.is(await stat(keyFile).catch(() => undefined), undefined, "no new key was made");
  // A second node that made a platform of its own before.
  const other = await makePlace(t);
  await startOnce(t, other.env);
  await assertRefused(t, { ...other.env, DATABASE_URL: env.DATABASE_URL }, "platformKey", /another platform/);
  // The repair that the message names.
  const copy = join(workspace, "second-node");
  await mkdir(copy, { mode: 0o700 });
  await writeFile(join(copy, "platform-key.pem"), key, { mode: 0o600 });
  await startOnce(t, { ...env, LICENSE_DATA_DIR: copy });
});

test("a database of another product refuses the start", async (t) => {
  const { env, url } = await makePlace(t);
  await startOnce(t, env);
  await withClient(url, (client) => client.query("update platform set profile = 'zstack-zsphere'"));
  await assertRefused(
    t,
    env,
    "profileMismatch",
    /product zstack-zsphere, and LICENSE_PROFILE says zstack-cloud/,
  );
});
