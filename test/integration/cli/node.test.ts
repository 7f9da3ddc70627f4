/** `licensectl node list` and `licensectl node join`, with two nodes on one database. */
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { openDataDirectory } from "../../../src/platform/data-directory.ts";
import { withClient } from "../../../src/store/embedded/connection.ts";
import { runCli } from "../../unit/cli/_capture.ts";
import { makePlatformPlace, runChecked, startNode } from "./_node.ts";

/** A platform whose first node, "alpha", serves; and a copy of its key. */
async function makePlatform(t: ExecutionContext) {
  const place = await makePlatformPlace(t);
  const alpha = place.environment("alpha");
  const service = await startNode(t, alpha);
  const key = join(place.workspace, "copied-key.pem");
  await copyFile(join(service.dataDirectory, "platform-key.pem"), key);
  return { ...place, alpha, service, key };
}

function directoryOf(env: Readonly<Record<string, string>>): string {
  return env["LICENSE_DATA_DIR"] ?? "";
}

/** Puts a key into the data directory of a node by hand. */
async function placeKey(env: Readonly<Record<string, string>>, key: string): Promise<void> {
  await mkdir(directoryOf(env), { mode: 0o700 });
  await copyFile(key, join(directoryOf(env), "platform-key.pem"));
}

test("a further node joins by the copied key, starts, and both nodes list both of them", async (t) => {
  const { key, service, ...place } = await makePlatform(t);
  const beta = place.environment("beta");
  const run = await runChecked(["node", "join", "--key", key], beta);
  t.deepEqual(run.notOk, [], run.stdout);
  t.is(run.code, 0);
  t.true(JSON.parse(run.stdout).ready);
  t.regex(run.find("key file").seen, /^installed in "[^"]+", mode 0600/);
  const installed = join(directoryOf(beta), "platform-key.pem");
  t.is((await stat(installed)).mode & 0o777, 0o600);
  t.deepEqual(await readFile(installed), await readFile(key));
  const second = await startNode(t, beta);
  const list = await runCli([
    "node",
    "list",
    "--address",
    second.address,
    "--token-file",
    service.newTokenFile ?? "",
  ]);
  t.is(list.code, 0, list.stderr);
  const [head, first, other] = list.stdout.trim().split("\n");
  t.regex(head ?? "", /^NAME +STATUS +VERSION +HEARTBEAT \(UTC\) +JOINED \(UTC\) +PRIMARY +NODE +ANSWERED$/);
  t.regex(first ?? "", /^alpha +ALIVE +\d+\.\d+\.\d+ +20\S+Z \([^)]+\) +20\S+Z +yes +[0-9a-f-]{36} +-$/);
  t.regex(other ?? "", /^beta +ALIVE .* no +[0-9a-f-]{36} +this one$/);
});

test("node list --json gives the nodes in the form of the contract, and info shows them once one is away", async (t) => {
  const { service, ...place } = await makePlatform(t);
  const call = ["--address", service.address, "--token-file", service.newTokenFile ?? ""];
  const alone = await runCli(["info", ...call]);
  t.notRegex(alone.stdout, /^Nodes/m);
  await withClient(place.databaseUrl, (client) =>
    client.query(
      "insert into nodes (id, name, heartbeat_at) values (gen_random_uuid(), 'gone', date_trunc('second', now()) - interval '1 hour')",
    ),
  );
  const gamma = place.environment("gamma");
  await placeKey(gamma, join(service.dataDirectory, "platform-key.pem"));
  const again = await startNode(t, gamma);
  const callAgain = ["--address", again.address, "--token-file", service.newTokenFile ?? ""];
  const { nodes } = JSON.parse((await runCli(["node", "list", "--json", ...callAgain])).stdout);
  t.deepEqual(
    nodes.map((node: Record<string, unknown>) => [node["name"], node["status"], node["primary"]]),
    [
      ["alpha", "NODE_STATUS_ALIVE", true],
      ["gamma", "NODE_STATUS_ALIVE", undefined],
      ["gone", "NODE_STATUS_AWAY", undefined],
    ],
  );
  const { stdout } = await runCli(["info", ...callAgain]);
  t.regex(
    stdout,
    /^Nodes \(3\)\nNAME .*\nalpha +ALIVE .*\ngamma +ALIVE .* this one\ngone +AWAY +- +\S+ \((59|60) min ago\)/m,
  );
});

test("without a key, the join says where to get it from, and makes none", async (t) => {
  const { environment } = await makePlatform(t);
  const beta = environment("beta");
  const run = await runChecked(["node", "join"], beta);
  t.is(run.code, 1);
  t.deepEqual(run.notOk, ["platform key: fail", "platform: skip"]);
  t.regex(run.find("platform key").remedy ?? "", /Copy platform-key\.pem from .* licensectl node join --key/);
  await t.throwsAsync(stat(join(directoryOf(beta), "platform-key.pem")), { code: "ENOENT" });
});

test("a key of another platform, or one that others can read, is not installed", async (t) => {
  const { environment, key } = await makePlatform(t);
  const other = await makePlatform(t);
  const beta = environment("beta");
  const installed = join(directoryOf(beta), "platform-key.pem");
  const foreign = await runChecked(["node", "join", "--key", other.key], beta);
  t.deepEqual(foreign.notOk, ["platform: fail"]);
  t.regex(foreign.find("platform").seen, /belongs to the platform .{43}, and the key is that of/);
  await chmod(key, 0o644);
  const open = await runChecked(["node", "join", "--key", key], beta);
  t.regex(open.find("platform key").seen, /other users can read it; allow only its owner \(chmod 600\)/);
  const missing = await runChecked(["node", "join", "--key", `${key}.x`], beta);
  t.regex(missing.find("platform key").seen, /There is no file/);
  await t.throwsAsync(stat(installed), { code: "ENOENT" });
});

test("a key that is there is never replaced by another one; the same one is no matter", async (t) => {
  const { environment, key } = await makePlatform(t);
  const other = await makePlatform(t);
  const beta = environment("beta");
  await placeKey(beta, key);
  const same = await runChecked(["node", "join", "--key", key], beta);
  t.deepEqual(same.notOk, []);
  const installed = join(directoryOf(beta), "platform-key.pem");
  await rm(installed);
  await copyFile(other.key, installed);
  const run = await runChecked(["node", "join", "--key", key], beta);
  t.regex(run.find("platform key").seen, /holds another platform-key\.pem, which is never replaced/);
  t.deepEqual(await readFile(installed), await readFile(other.key));
});

test("a data directory that a server uses, and the copy of one, are refused", async (t) => {
  const { environment, service, key, alpha } = await makePlatform(t);
  const used = await runChecked(["node", "join"], alpha);
  t.regex(used.find("data directory").seen, /another process serves from the data directory/);
  t.is(used.find("node id").outcome, "skip");
  const beta = environment("beta");
  await placeKey(beta, key);
  await copyFile(join(service.dataDirectory, "node-id"), join(directoryOf(beta), "node-id"));
  const copied = await runChecked(["node", "join"], beta);
  t.deepEqual(copied.notOk, ["node id: fail"]);
  t.regex(copied.find("node id").remedy ?? "", /Remove node-id/);
  (await openDataDirectory(directoryOf(beta))).close();
});

test("without DATABASE_URL, on an empty database, and for another product there is nothing to join", async (t) => {
  const { environment, key } = await makePlatform(t);
  const { DATABASE_URL: _, ...withoutUrl } = environment("beta");
  const own = await runChecked(["node", "join", "--key", key], withoutUrl);
  t.regex(own.find("database").seen, /DATABASE_URL is not set/);
  const empty = await makePlatformPlace(t);
  const nothing = await runChecked(["node", "join", "--key", key], empty.environment("beta"));
  t.deepEqual(nothing.notOk, ["platform: fail"]);
  t.regex(nothing.find("platform").seen, /no platform yet/);
  const { databaseUrl } = await makePlatform(t);
  await withClient(databaseUrl, (client) => client.query("update platform set profile = 'zstack-zsphere'"));
  const other = await runChecked(["node", "join", "--key", key], {
    ...environment("gamma"),
    DATABASE_URL: databaseUrl,
  });
  t.regex(other.find("platform").seen, /belongs to the product zstack-zsphere/);
});

test("people are told what to do next", async (t) => {
  const { environment, key } = await makePlatform(t);
  const beta = environment("beta");
  const { code, stdout } = await runCli(
    ["node", "join", "--key", key, "--data-dir", `${directoryOf(beta)}-2`],
    { env: beta },
  );
  t.is(code, 0);
  t.regex(stdout, /^ok {4}data directory {2,}"[^"]+-2" is usable/m);
  t.regex(stdout, /\n\nReady\. Start the server with these settings/);
  await writeFile(join(`${directoryOf(beta)}-2`, "node-id"), "no id\n");
  const broken = await runCli(["node", "join"], {
    env: { ...beta, LICENSE_DATA_DIR: `${directoryOf(beta)}-2` },
  });
  t.is(broken.code, 1);
  t.regex(broken.stdout, /^fail {2}data directory .* does not hold a node id/m);
});
