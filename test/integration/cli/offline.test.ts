/** The way of an operator whose server is down: read, drop, start, reload (ZL-6). */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetLicenseInfoResponse, ReloadLicenseResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { startServerProcess } from "../../helpers/server-process.ts";
import { licensectl } from "./_licensectl.ts";

/** A place for a server, and licenses of its test vendor. */
async function makePlace(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const issue = async (name: string, ...args: readonly string[]): Promise<string> => {
    const out = join(data.workspace, name);
    const { code, stderr } = await licensectl([
      ...["authority", "issue", "--directory", join(data.path, "test-vendor")],
      ...["--request-code", join(data.path, "request-code.txt"), "--customer", "Example"],
      ...["--term", "paid", "--out", out, ...args],
    ]);
    if (code !== 0) throw new Error(stderr);
    return out;
  };
  const issueBase = () =>
    issue("base.lic", "--item", "base", "--edition", "standard", "--quota", "cpus=16", "--days", "30");
  return { databaseUrl: database.url, dataDirectory: data.path, workspace: data.workspace, issue, issueBase };
}

test("ZL-6: with the server killed, info --offline shows what the server showed, and request-code the same code", async (t) => {
  const place = await makePlace(t);
  const server = await startServerProcess(t, place);
  const base = await place.issueBase();
  const gpu = await place.issue("gpu.lic", "--item", "gpu", "--days", "10");
  const there = ["--address", server.address, "--data-dir", place.dataDirectory];
  for (const file of [base, gpu]) t.is((await licensectl(["upload", file, ...there])).code, 0);
  const online = await licensectl(["info", "--json", ...there]);
  const code = await licensectl(["request-code", ...there]);
  // The file is written behind the answers.
  const kept = async () =>
    JSON.parse(await readFile(join(place.dataDirectory, "license-state.json"), "utf8"));
  while ((await kept()).revision.revision !== "2") await new Promise(setImmediate);
  await server.end("SIGKILL");

  const here = ["--offline", "--data-dir", place.dataDirectory];
  const offline = await licensectl(["info", "--development", "--json", ...here]);
  t.is(offline.code, 0, offline.stderr);
  const known = GetLicenseInfoResponse.fromJSON(JSON.parse(online.stdout));
  const told = GetLicenseInfoResponse.fromJSON(JSON.parse(offline.stdout));
  t.truthy(told.staleSince);
  const { evaluatedAt, staleSince, nodes } = known;
  t.deepEqual({ ...told, evaluatedAt, staleSince, nodes }, known);
  t.deepEqual(await licensectl(["request-code", ...here]), code);
  t.is(createHash("md5").update(code.stdout).digest("hex").slice(0, 10), known.platformId);

  const later = await licensectl(["explain", "gpu", "--development", "--at", "+11d", ...here]);
  t.regex(later.stdout, /^gpu: DISABLED EXPIRED$/m);
});

test("ZL-6: licenses dropped while no server runs are taken by the reload after its start", async (t) => {
  const place = await makePlace(t);
  await (await startServerProcess(t, place)).end("SIGTERM");
  const junk = join(place.workspace, "junk.lic");
  await writeFile(junk, "junk");
  const data = ["--data-dir", place.dataDirectory];
  const dropped = await licensectl(["drop", await place.issueBase(), ...data]);
  t.deepEqual(dropped, {
    code: 0,
    stdout: `${join(place.dataDirectory, "drop", "base.lic")}\n"licensectl reload" has the server install it.\n`,
    stderr: "",
  });
  const warned = await licensectl(["drop", junk, ...data]);
  t.is(warned.code, 0);
  t.regex(warned.stderr, /^Warning: NOT_A_LICENSE /);

  const server = await startServerProcess(t, place);
  const there = ["--address", server.address, ...data];
  const first = await licensectl(["reload", ...there]);
  t.is(first.code, 1);
  t.regex(first.stdout, /^Drop folder: 2 files\.\n {2}FILE +OUTCOME +REASON +INSTALLED\n/);
  t.regex(first.stdout, /^ {2}base\.lic +installed +- +[0-9a-f-]{36}$/m);
  t.regex(first.stdout, /^ {2}junk\.lic +refused +NOT_A_LICENSE +-$/m);
  t.regex(first.stdout, /^Read 1 license and evaluated anew for .* epoch 1, revision 1\.$/m);
  t.regex(first.stderr, /^refused: NOT_A_LICENSE 1 of 2 dropped files refused: This file is not a license/);
  const again = await licensectl(["reload", "--json", ...there]);
  t.is(again.code, 0);
  t.deepEqual(ReloadLicenseResponse.fromJSON(JSON.parse(again.stdout)).droppedFiles, []);
});
