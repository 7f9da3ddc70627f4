/** A disk that takes nothing more, under the real server: by a limit of file sizes, which holds for root too. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetLicenseInfoResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES } from "../../../src/errors.ts";
import { openAuthority } from "../../../src/license-file/authority.ts";
import { issueLicense } from "../../../src/license-file/issue-license.ts";
import { TEST_VENDOR_DIRECTORY } from "../../../src/license-file/test-vendor.ts";
import { parseRequestCode } from "../../../src/platform/request-code.ts";
import { withClient } from "../../../src/store/embedded/connection.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { serverSettings } from "../../helpers/server-settings.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { claimsFor } from "../../helpers/vendor.ts";
import { licensectl } from "../cli/_licensectl.ts";

/** Becomes a program that can write no byte to any file; pipes are none. */
const FULL_DISK = ["sh", "-c", 'ulimit -f 0; exec "$0" "$@"'];

async function makePlace(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const env = serverSettings({ databaseUrl: database.url, dataDirectory: data.path });
  return { url: database.url, path: data.path, env };
}

type Place = Awaited<ReturnType<typeof makePlace>>;

async function startOnce(t: ExecutionContext, { env }: Place): Promise<void> {
  const server = startProcess(t, env, ["--development"]);
  await server.address;
  server.child.kill("SIGTERM");
  t.is((await server.end).code, 0);
}

async function issueBase({ path }: Place): Promise<string> {
  const vendor = await openAuthority(join(path, TEST_VENDOR_DIRECTORY));
  const requestCode = await parseRequestCode(await readFile(join(path, "request-code.txt"), "utf8"));
  return issueLicense(vendor, claimsFor(requestCode?.thumbprint ?? ""), Date.now());
}

test("a first start on a full disk ends with one line that says so, and no platform is born", async (t) => {
  const place = await makePlace(t);
  const { code, stderr } = await startProcess(t, place.env, [], FULL_DISK).end;
  t.is(code, EXIT_CODES.dataDirectory, stderr);
  t.regex(stderr, /^license-service: the data directory "[^"]+" cannot be used: files may not grow[^\n]+\n$/);
  await withClient(place.url, async (client) => {
    t.is((await client.query("select 1 from platform")).rowCount, 0);
  });
  await startOnce(t, place);
});

for (const [missing, beside] of [
  ["request-code.txt", "select 1"],
  ["admin-token", "delete from tokens"],
] as const) {
  test(`a start that cannot write ${missing} on a full disk is refused as that, not as a defect`, async (t) => {
    const place = await makePlace(t);
    await startOnce(t, place);
    await rm(join(place.path, missing));
    await withClient(place.url, (client) => client.query(beside));
    const { code, stderr } = await startProcess(t, place.env, ["--development"], FULL_DISK).end;
    t.is(code, EXIT_CODES.dataDirectory, stderr);
    t.regex(stderr, /^license-service: the data directory [^\n]+\n$/);
  });
}

test("on a full disk a platform starts again, takes licenses, and says what it cannot keep", async (t) => {
  const place = await makePlace(t);
  await startOnce(t, place);
  const kept = await readFile(join(place.path, "license-state.json"), "utf8");
  const server = startProcess(t, place.env, ["--development"], FULL_DISK);
  const ctl = [`--address=${await server.address}`, `--data-dir=${place.path}`, "--json"];
  const license = join(place.path, "base.lic");
  await writeFile(license, await issueBase(place));
  const upload = await licensectl(["upload", license, ...ctl]);
  t.is(upload.code, 0, upload.stderr);
  const { stdout } = await licensectl(["info", ...ctl]);
  const info = GetLicenseInfoResponse.fromJSON(JSON.parse(stdout));
  t.is(info.license?.edition, "enterprise");
  t.true(info.alerts.some(({ subject }) => subject === "license-state.json"));
  server.child.kill("SIGTERM");
  const { code, lines } = await server.end;
  t.is(code, 0);
  t.is(lines.filter((line) => line.includes("the licenses cannot be kept")).length, 1);
  t.is(await readFile(join(place.path, "license-state.json"), "utf8"), kept, "the file of before is whole");

  await startOnce(t, place);
  const offline = await licensectl(["info", "--offline", "--development", `--data-dir=${place.path}`]);
  t.regex(offline.stdout, /^ {2}item +base enterprise/m);
});
