/** `licensectl migrate`, and a service that serves with a login that may change no schema. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { MIGRATIONS } from "../../../migrations/index.ts";
import { EXIT_CODES } from "../../../src/errors.ts";
import { withClient } from "../../../src/store/embedded/connection.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { runCli } from "../../unit/cli/_capture.ts";
import { makePlatformPlace, type NodeEnvironment } from "./_node.ts";

const NAMES = MIGRATIONS.map(({ name }) => name);

/** Makes a database empty. */
function empty(url: string): Promise<unknown> {
  return withClient(url, (client) => client.query("drop schema public cascade; create schema public"));
}

/** A second login in the test cluster; answers its name and the URL by which it meets the database. */
async function makeRole(t: ExecutionContext, url: string): Promise<{ role: string; servingUrl: string }> {
  const role = `serving_${randomBytes(6).toString("hex")}`;
  await withClient(url, (client) => client.query(`create role ${role} login password 'pw'`));
  t.teardown(() =>
    withClient(url, async (client) => void (await client.query(`drop owned by ${role}; drop role ${role}`))),
  );
  return { role, servingUrl: Object.assign(new URL(url), { username: role, password: "pw" }).href };
}

test("migrate makes the schema, says what it did, and has nothing to do the second time", async (t) => {
  const { databaseUrl } = await makePlatformPlace(t);
  await empty(databaseUrl);
  const env = { DATABASE_URL: databaseUrl };
  const dry = await runCli(["migrate", "--dry-run"], { env });
  t.is(
    dry.stdout,
    `Dry run: nothing was written.\nWould make ${NAMES.length} migrations:\n${NAMES.map((name) => `  ${name}\n`).join("")}`,
  );
  t.deepEqual(JSON.parse((await runCli(["migrate", "--dry-run", "--json"], { env })).stdout), {
    dryRun: true,
    migrations: NAMES,
  });
  t.deepEqual(JSON.parse((await runCli(["migrate", "--json"], { env })).stdout), {
    dryRun: false,
    migrations: NAMES,
  });
  const again = await runCli(["migrate"], { env });
  t.deepEqual(again, {
    code: 0,
    stdout: "The schema is this program's: there is nothing to migrate.\n",
    stderr: "",
  });
});

test("a wrong role, a missing DATABASE_URL, a database that is away and a refused login end with their codes", async (t) => {
  const { databaseUrl } = await makePlatformPlace(t);
  const unknown = await runCli(["migrate", "--grant-to", "nobody_at_all"], {
    env: { DATABASE_URL: databaseUrl },
  });
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /has no role "nobody_at_all"/);
  t.is((await runCli(["migrate"])).code, 2);
  const away = await runCli(["migrate"], { env: { DATABASE_URL: "postgresql://u:hunter2@127.0.0.1:1/x" } });
  t.is(away.code, 3);
  t.regex(away.stderr, /127\.0\.0\.1:1 cannot be reached/);
  t.notRegex(away.stderr, /hunter2/);
  const wrong = Object.assign(new URL(databaseUrl), { password: "wrong" }).href;
  t.is((await runCli(["migrate"], { env: { DATABASE_URL: wrong } })).code, 4);
  const { servingUrl, role } = await makeRole(t, databaseUrl);
  await withClient(databaseUrl, (client) =>
    client.query(
      `grant usage on schema public to ${role}; grant all on all tables in schema public to ${role}`,
    ),
  );
  const { role: other } = await makeRole(t, databaseUrl);
  const notOwner = await runCli(["migrate", "--grant-to", other], { env: { DATABASE_URL: servingUrl } });
  t.is(notOwner.code, 4, notOwner.stdout);
  t.regex(notOwner.stderr, /may (use the tables but )?not grant/);
});

test("a server that may not migrate ends with 14 and the command; after it, the server serves as that login", async (t) => {
  const place = await makePlatformPlace(t);
  await empty(place.databaseUrl);
  const { role, servingUrl } = await makeRole(t, place.databaseUrl);
  const env: NodeEnvironment = { ...place.environment("node-1"), DATABASE_URL: servingUrl };
  const refused = await startProcess(t, env).end;
  t.is(refused.code, EXIT_CODES.schemaTooOld, refused.stderr);
  t.regex(
    refused.stderr,
    /^license-service: [^\n]*Run licensectl migrate with the login that owns the schema\.\n$/,
  );
  const off = await startProcess(t, { ...env, DATABASE_URL: place.databaseUrl, LICENSE_MIGRATE: "off" }).end;
  t.is(off.code, EXIT_CODES.schemaTooOld, off.stderr);
  t.regex(off.stderr, /LICENSE_MIGRATE is off/);
  const { code, stdout, stderr } = await runCli(["migrate", "--grant-to", role], {
    env: { DATABASE_URL: place.databaseUrl },
  });
  t.is(code, 0, stderr);
  t.true(stdout.includes(`Granted to ${role}:\n  usage on the schema\n`), stdout);
  const server = startProcess(t, { ...env, LICENSE_MIGRATE: "off" });
  const address = await server.address;
  const tokenFile = join(env["LICENSE_DATA_DIR"] ?? "", "admin-token");
  t.is((await runCli(["info", "--address", address, "--token-file", tokenFile])).code, 0);
  t.truthy(await readFile(tokenFile));
});

test("every RPC works under a login that has what migrate grants", async (t) => {
  let granted = "";
  const route = async (databaseUrl: string) => {
    const { role, servingUrl } = await makeRole(t, databaseUrl);
    granted = role;
    const { code, stderr } = await runCli(["migrate", "--grant-to", role], {
      env: { DATABASE_URL: databaseUrl },
    });
    t.is(code, 0, stderr);
    return servingUrl;
  };
  const rpc = await startRpcService(t, { route });
  const [login] = await rpc.query<{ usename: string }>(
    "select distinct usename from pg_stat_activity where datname = current_database() and application_name like 'license-service%'",
  );
  t.is(login?.usename, granted);
  const installed = await rpc.install();
  t.is(installed.licenses.length, 1);
  await rpc.install({ item: "gpu" });
  t.is((await rpc.call("getLicenseInfo")).nodes.length, 1);
  t.is((await rpc.call("getLicenseRecords", { replyWithCount: true })).total, 2n);
  t.true((await rpc.call("getLicenseCapabilities")).capabilities.length > 0);
  t.is((await rpc.call("explainCapability", { key: "gpu" })).capability?.key, "gpu");
  t.is((await rpc.call("deleteLicense", { item: "gpu" })).deletedLicenseIds.length, 1);
  await rpc.call("reloadLicense");
  await rpc.call("getRequestCode");
  await rpc.call("listUsbKeys");
  const stream = rpc.watch();
  await stream.next(({ snapshot }) => snapshot !== undefined);
  const call = ["--address", rpc.service.address, "--data-dir", rpc.service.dataDirectory, "--json"];
  const made = await runCli(["token", "create", "looker", "--role", "viewer", ...call]);
  t.is(made.code, 0, made.stderr);
  const listed = JSON.parse((await runCli(["token", "list", ...call])).stdout);
  const looker = listed.tokens.find(({ name }: { name: string }) => name === "looker");
  t.is((await runCli(["token", "revoke", looker.id, "--yes", ...call])).code, 0);
});
