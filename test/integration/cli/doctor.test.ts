/** `licensectl doctor` beside real servers, databases and files, healthy and broken. */
import { once } from "node:events";
import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { withClient } from "../../../src/store/embedded/connection.ts";
import { runCli } from "../../unit/cli/_capture.ts";
import { openFaultyNetwork } from "../store/faulty-network.ts";
import { makePlatformPlace, type NodeEnvironment, runChecked, startNode } from "./_node.ts";

/** A node that serves, its settings with the port that it serves on, and SQL on its database. */
async function makeNode(t: ExecutionContext) {
  const place = await makePlatformPlace(t);
  const env = place.environment("node-1");
  const service = await startNode(t, env);
  const serving: NodeEnvironment = { ...env, LICENSE_LISTEN: service.address };
  const sql = (text: string, values: readonly unknown[] = []) =>
    withClient(place.databaseUrl, (client) => client.query(text, [...values]));
  return { ...place, env: serving, service, sql, dataDirectory: env["LICENSE_DATA_DIR"] ?? "" };
}

async function holdPort(t: ExecutionContext): Promise<string> {
  const server = createServer((socket) => socket.on("error", () => {}).end("220 mail\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("beside a server that is well, every check is ok, and it ends with 0", async (t) => {
  const { env, service } = await makeNode(t);
  const run = await runChecked(["doctor"], env);
  t.deepEqual(run.notOk, []);
  t.is(run.code, 0, run.stderr);
  t.is(run.find("gRPC port").seen, `a license service serves at ${service.address}`);
  t.regex(run.find("database").seen, /PostgreSQL \d+.*login license_service, round trip [\d.]+ ms/);
  t.regex(run.find("data directory").seen, /mode 0700.*MB free/);
  t.regex(run.find("tokens").seen, /^1 token in force/);
});

test("beside a stopped server it says that nobody serves, and changes nothing", async (t) => {
  const { env, service, dataDirectory } = await makeNode(t);
  await service.stop();
  const before = await readdir(dataDirectory);
  const run = await runChecked(["doctor"], env);
  t.is(run.code, 0);
  t.is(run.find("gRPC port").seen, `${service.address} is free: no server runs`);
  t.deepEqual(await readdir(dataDirectory), before);
});

test("people get a line for each check, what to do, and the count", async (t) => {
  const { env, dataDirectory } = await makeNode(t);
  await chmod(dataDirectory, 0o755);
  const { code, stdout, stderr } = await runCli(["doctor"], { env });
  t.is(code, 1);
  t.regex(
    stdout,
    /^fail {2}data directory {2,}"[^"]+" is open to other accounts \(mode 0755\)\.\n {6}What to do: chmod 700/m,
  );
  t.regex(stdout, /^ok {4}settings {2,}set: DATABASE_URL, LICENSE_DATA_DIR/m);
  t.regex(stdout, /\n\n\d+ ok, 1 fail\n$/);
  t.is(stderr, "refused: CHECK_FAILED 1 check failed: data directory.\n");
});

test("every wrong setting is named, and the other checks go on", async (t) => {
  const { env } = await makeNode(t);
  const wrong = { ...env, LICENSE_LISTNE: "x", LICENSE_HEARTBEAT_MS: "soon", LICENSE_PLAINTEXT: "off" };
  const run = await runChecked(["doctor"], wrong);
  t.is(run.code, 1);
  t.deepEqual(run.notOk, ["settings: fail", "TLS: skip"]);
  const { seen } = run.find("settings");
  t.regex(seen, /did you mean LICENSE_LISTEN/);
  t.regex(seen, /LICENSE_HEARTBEAT_MS must be a whole number/);
  t.regex(seen, /LICENSE_PLAINTEXT=on/);
});

test("a key that others can read, is missing, or is another platform's fails", async (t) => {
  const { env, dataDirectory } = await makeNode(t);
  const keyFile = join(dataDirectory, "platform-key.pem");
  await chmod(keyFile, 0o644);
  const open = await runChecked(["doctor"], env);
  t.regex(open.find("platform key").seen, /other users can read it/);
  t.is(open.code, 1);
  await rm(keyFile);
  const missing = await runChecked(["doctor"], env);
  t.deepEqual(missing.notOk, ["platform key: fail", "platform: skip"]);
  t.regex(missing.find("platform key").remedy ?? "", /licensectl node join --key/);
  const other = await makeNode(t);
  await writeFile(keyFile, await readFile(join(other.dataDirectory, "platform-key.pem")), { mode: 0o600 });
  const foreign = await runChecked(["doctor"], env);
  t.deepEqual(foreign.notOk, ["platform: fail"]);
  t.regex(foreign.find("platform").seen, /belongs to the platform .{43}, and the key is that of .{43}/);
});

test("a database that is away fails once, and what needs it is skipped; no password is shown", async (t) => {
  const { env, databaseUrl } = await makeNode(t);
  const network = await openFaultyNetwork(t, databaseUrl);
  await network.cut();
  const run = await runChecked(["doctor"], { ...env, DATABASE_URL: network.url });
  t.is(run.code, 1);
  t.regex(run.find("database").seen, /cannot be reached: .*ECONNREFUSED/);
  t.deepEqual(run.notOk, [
    "database: fail",
    ...["database writes", "clock", "schema", "platform", "nodes", "tokens"].map((check) => `${check}: skip`),
  ]);
  const password = new URL(databaseUrl).password;
  t.true(password.length > 10);
  t.false(run.stdout.includes(password) || run.stderr.includes(password));
});

test("a database that accepts and says nothing does not keep the doctor waiting", async (t) => {
  const { env } = await makeNode(t);
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const begin = performance.now();
  const run = await runChecked(["doctor"], { ...env, DATABASE_URL: `postgresql://a:b@127.0.0.1:${port}/c` });
  t.true(performance.now() - begin < 20_000);
  t.is(run.find("database").outcome, "fail");
  t.is(run.find("platform key").outcome, "ok");
});

test("a database that takes no writes, or whose product is another one, fails", async (t) => {
  const { env, sql } = await makeNode(t);
  await sql(
    "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$",
  );
  const run = await runChecked(["doctor"], { ...env, LICENSE_PROFILE: "zstack-cloud" });
  t.deepEqual(run.notOk, ["database writes: fail"]);
  t.regex(run.find("database writes").seen, /default_transaction_read_only/);
  await sql("begin; set transaction read write; update platform set profile = 'zstack-zsphere'; commit");
  const other = await runChecked(["doctor"], env);
  t.regex(other.find("platform").seen, /product zstack-zsphere, and LICENSE_PROFILE says zstack-cloud/);
});

test("a schema that is behind or ahead fails", async (t) => {
  const { env, sql } = await makeNode(t);
  await sql("delete from knex_migrations where name = '0005-epochs'");
  const behind = await runChecked(["doctor"], env);
  t.is(behind.find("schema").outcome, "fail");
  t.regex(behind.find("schema").seen, /lacks 1 migration: 0005-epochs/);
  t.regex(behind.find("schema").remedy ?? "", /licensectl migrate/);
  await sql("insert into knex_migrations (name, batch, migration_time) values ('9999-later', 99, now())");
  const ahead = await runChecked(["doctor"], env);
  t.regex(ahead.find("schema").seen, /newer than this program/);
});

test("a node that is away and a token that ends soon are warnings, which end with 0", async (t) => {
  const { env, sql } = await makeNode(t);
  await sql(
    "insert into nodes (id, name, heartbeat_at) values (gen_random_uuid(), 'node-2', date_trunc('second', now()) - interval '2 days')",
  );
  const token = `insert into tokens (id, name, role, sha256, created_at, expires_at)
    values (gen_random_uuid(), $1, $2, md5($1) || md5($1), date_trunc('second', now()), date_trunc('second', now()) + $3::interval)`;
  await sql(token, ["meter", "service", "13 days"]);
  await sql(token, ["looker", "viewer", "1 day"]);
  await sql(token, ["later", "admin", "15 days"]);
  const run = await runChecked(["doctor"], env);
  t.is(run.code, 0);
  t.deepEqual(run.notOk, ["nodes: warn", "tokens: warn"]);
  t.regex(run.find("nodes").seen, /^1 of 2 nodes away.*node-2 \(last heard of 2 d ago\)/);
  t.regex(run.find("tokens").seen, /^1 token of .* within 14 days: meter \(service\) at /);
});

test("ports that another program holds, and an address that is not this machine's, fail", async (t) => {
  const { env } = await makeNode(t);
  const [grpc, metrics] = [await holdPort(t), await holdPort(t)];
  const run = await runChecked(["doctor"], { ...env, LICENSE_LISTEN: grpc, LICENSE_METRICS_LISTEN: metrics });
  t.deepEqual(run.notOk, ["gRPC port: fail", "metrics port: fail"]);
  t.regex(run.find("gRPC port").seen, new RegExp(`^Another program listens at ${grpc}`));
  const elsewhere = await runChecked(["doctor"], { ...env, LICENSE_LISTEN: "192.0.2.1:50051" });
  t.regex(elsewhere.find("gRPC port").seen, /this machine does not have the address/);
});

test("metrics of our own are known from those of another program", async (t) => {
  const place = await makePlatformPlace(t);
  const foreign = createHttpServer((_request, response) => response.end("up 1\n"));
  foreign.listen(0, "127.0.0.1");
  await once(foreign, "listening");
  t.teardown(() => foreign.close());
  const taken = `127.0.0.1:${(foreign.address() as AddressInfo).port}`;
  const free = await freePort();
  const env = { ...place.environment("node-1"), LICENSE_METRICS_LISTEN: free };
  await startNode(t, env);
  t.is((await runChecked(["doctor"], env)).find("metrics port").seen, `metrics are served at ${free}`);
  const run = await runChecked(["doctor"], { ...env, LICENSE_METRICS_LISTEN: taken });
  t.is(run.find("metrics port").seen, `Another program listens at ${taken}.`);
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return `127.0.0.1:${port}`;
}
