import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ExplainCapabilityResponse,
  GetLicenseCapabilitiesResponse,
  GetLicenseInfoResponse,
  GetRequestCodeResponse,
} from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { runCli } from "./_capture.ts";
import { type KeptDirectory, makeKeptDirectory } from "./_data-directory.ts";

const DAY_S = 86_400;
const now = () => Math.floor(Date.now() / 1000);

/** An enterprise base license that runs for ten more days. */
const BASE = () => ({ iat: now() - DAY_S, exp: now() + 10 * DAY_S });

function offline({ path }: KeptDirectory, ...args: readonly string[]) {
  return runCli([...args, "--offline", "--data-dir", path]);
}

async function offlineJson<T>(
  directory: KeptDirectory,
  type: { fromJSON(value: unknown): T },
  ...args: readonly string[]
): Promise<T> {
  const { code, stdout, stderr } = await offline(directory, ...args, "--json");
  if (code !== 0) throw new Error(stderr);
  return type.fromJSON(JSON.parse(stdout));
}

test("ZL-6: info --offline shows the licenses without a server, says how old they are, and the request code", async (t) => {
  const directory = await makeKeptDirectory(t);
  await directory.install(BASE());
  const { code, stdout, stderr } = await offline(directory, "info", "--development");
  t.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const written = new Date(directory.writtenAt).toISOString();
  t.true(
    stdout.startsWith(`Offline: as of epoch 1, revision 1, written ${written} (3 h ago); no server`),
    stdout,
  );
  t.regex(stdout, /^ {2}item +base enterprise/m);
  t.regex(stdout, /^status +VALID$/m);
  t.regex(stdout, /^version +E0760$/m);
  t.regex(stdout, /^node +5f8b3c9e-0000-4000-8000-000000000001$/m);
  t.notRegex(stdout, /stale since/);
  t.true(stdout.trimEnd().endsWith(directory.requestCode));
});

test("EV-2: a license ends on time offline as well", async (t) => {
  const directory = await makeKeptDirectory(t);
  await directory.install({ iat: now() - 2 * DAY_S, exp: now() - 60 });
  const ended = await offlineJson(directory, GetLicenseInfoResponse, "info", "--development");
  t.true(ended.license?.expired);
  t.deepEqual(ended.staleSince?.getTime(), directory.writtenAt, "a program sees how old it is");
  const gpuAt = async (at: string) =>
    standingOf(
      await offlineJson(
        directory,
        GetLicenseCapabilitiesResponse,
        "capabilities",
        "--development",
        "--at",
        at,
      ),
      "gpu",
    );
  t.is(await gpuAt("-1h"), "ENABLED GRANTED");
  t.not(await gpuAt("+1s"), "ENABLED GRANTED");
});

test("capabilities and explain answer offline by the same options as online", async (t) => {
  const directory = await makeKeptDirectory(t);
  await directory.install(BASE());
  const list = await offline(directory, "capabilities", "--development", "--domain", "compute");
  t.regex(list.stdout, /^Offline: as of .*\n\nCAPABILITY .*\n/);
  t.notRegex(list.stdout, /Stale:/);
  t.notRegex(list.stdout, /^storage-/m);
  const why = await offline(directory, "explain", "gpu", "--operation", "create", "--development");
  t.regex(why.stdout, /^may create +yes$/m);
  const json = await offlineJson(directory, ExplainCapabilityResponse, "explain", "gpu", "--development");
  t.is(json.capability?.key, "gpu");
  t.is(json.licenses.length, 1);
  const senseless = await offline(directory, "explain", "x".repeat(101));
  t.is(senseless.code, 1);
  t.regex(senseless.stderr, /INVALID_REQUEST key is longer than 100 characters/);
});

test("the test vendor of the data directory is believed only when that is asked for", async (t) => {
  const directory = await makeKeptDirectory(t);
  await directory.install(BASE());
  const { code, stdout, stderr } = await offline(directory, "info");
  t.is(code, 0);
  t.regex(stdout, /^ {2}item +base community/m);
  t.regex(stdout, /Alert \(critical\) NO_TRUST_ANCHORS/);
  t.regex(stderr, /add --development/);
  const online = await runCli(["info", "--development"]);
  t.is(online.code, 2);
  t.regex(online.stderr, /--development goes with --offline/);
});

test("EV-8: an edit of the file widens nothing and shows", async (t) => {
  const directory = await makeKeptDirectory(t);
  await directory.install(BASE());
  const info = () => offlineJson(directory, GetLicenseInfoResponse, "info", "--development");
  t.is((await info()).license?.edition, "enterprise");
  const file = join(directory.path, "license-state.json");
  const good = await readFile(file, "utf8");
  const edits = [
    good.replace('"uploadSequence":1', '"uploadSequence":2'),
    good.replace(/("signedBytes":"[^.]+\.)[^."]+/, "$1e30"),
    good.replace(/("sequenceJws":"[^"]+)[^"]{4}"/, '$1AAAA"'),
  ];
  for (const edited of edits) {
    t.not(edited, good);
    await writeFile(file, edited);
    const { license, alerts } = await info();
    t.is(license?.edition, "community");
    t.true(alerts.some(({ message }) => message.includes("gives nothing")));
  }
  await directory.keep((stored) => ({
    ...stored,
    platform: { ...stored.platform, firstStartAt: stored.platform.firstStartAt + DAY_S * 1000 },
  }));
  t.true((await info()).alerts.some(({ subject }) => subject === "platform"));
});

async function assertFails(
  t: ExecutionContext,
  args: readonly string[],
  code: number,
  reason: string,
  message: RegExp,
) {
  const failed = await runCli([...args, "--json"]);
  t.is(failed.stdout, "");
  const { error } = JSON.parse(failed.stderr);
  t.like(error, { exitCode: code, reason });
  t.is(failed.code, code);
  t.regex(error.message, message);
}

test("a data directory that tells nothing says why, each with its own reason and exit code", async (t) => {
  const directory = await makeKeptDirectory(t);
  const file = join(directory.path, "license-state.json");
  const info = ["info", "--offline", "--data-dir", directory.path];
  const good = await readFile(file, "utf8");

  const never = await mkdtemp(join(tmpdir(), "license-never-"));
  t.teardown(() => rm(never, { recursive: true }));
  for (const path of [never, join(never, "nowhere")]) {
    await assertFails(
      t,
      ["info", "--offline", "--data-dir", path],
      2,
      "NEVER_STARTED",
      /No server has ever started/,
    );
  }
  await rm(file);
  await assertFails(t, info, 2, "NOTHING_KEPT", /There is no .*license-state\.json/);
  for (const damaged of [
    "",
    "{}",
    good.slice(0, -20),
    good.replace('"revision":{', '"revision":null,"x":{'),
  ]) {
    await writeFile(file, damaged);
    await assertFails(t, info, 1, "KEPT_STATE_DAMAGED", /is damaged/);
  }
  await writeFile(file, good.replace(/"formatVersion":\d+/, '"formatVersion":999'));
  await assertFails(t, info, 1, "KEPT_STATE_NEWER", /newer version/);

  const other = await makeKeptDirectory(t);
  await copyFile(join(other.path, "license-state.json"), file);
  await assertFails(t, info, 1, "OTHER_PLATFORM", /belongs to another platform/);
  await writeFile(file, good);
  await copyFile(join(other.path, "request-code.txt"), join(directory.path, "request-code.txt"));
  await assertFails(t, info, 1, "OTHER_PLATFORM", /request-code\.txt belongs to another platform/);
});

test("AP-2: request-code --offline prints the file byte for byte", async (t) => {
  const directory = await makeKeptDirectory(t);
  const { code, stdout } = await offline(directory, "request-code");
  t.deepEqual({ code, stdout }, { code: 0, stdout: directory.requestCode });
  const answer = await offlineJson(directory, GetRequestCodeResponse, "request-code");
  t.is(answer.platformId, createHash("md5").update(stdout).digest("hex").slice(0, 10));
  t.is(answer.profile, "zstack-cloud");
  await writeFile(join(directory.path, "request-code.txt"), directory.requestCode.slice(0, -5));
  const args = ["request-code", "--offline", "--data-dir", directory.path];
  await assertFails(t, args, 1, "REQUEST_CODE_DAMAGED", /is damaged/);
});
