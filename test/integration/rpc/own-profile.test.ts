/** A product that does not ship: the example of docs/profiles.md, from its file to a license in force. */
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetLicenseCapabilitiesResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES } from "../../../src/errors.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { serverSettings } from "../../helpers/server-settings.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { licensectl } from "../cli/_licensectl.ts";

const EXAMPLE = fileURLToPath(new URL("../../../docs/examples/acme-desktops.json", import.meta.url));

/** A place for a server, with a profile file of its own in it. */
async function makePlace(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const env = serverSettings({ databaseUrl: database.url, dataDirectory: data.path });
  const profileFile = join(data.workspace, "acme-desktops.json");
  await copyFile(EXAMPLE, profileFile);
  return { env, dataDirectory: data.path, workspace: data.workspace, profileFile };
}

/** Asserts that a start ends with an exit code, and returns its line on standard error. */
async function refusedStart(
  t: ExecutionContext,
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
  kind: keyof typeof EXIT_CODES,
): Promise<string> {
  const { code, stderr } = await startProcess(t, env, argv).end;
  t.is(code, EXIT_CODES[kind], stderr);
  t.regex(stderr, /^license-service: [^\n]+\n$/, "one line");
  return stderr;
}

/** "STATE REASON" by capability, as `licensectl capabilities --json` tells it. */
function outcomesOf(stdout: string): Record<string, string> {
  const { capabilities } = GetLicenseCapabilitiesResponse.fromJSON(JSON.parse(stdout));
  return Object.fromEntries(capabilities.map(({ key, state, reason }) => [key, `${state} ${reason}`]));
}

test("a product of its own file is served, licensed and read while no server runs", async (t) => {
  const { env, dataDirectory, workspace, profileFile } = await makePlace(t);
  const argv = ["--development", "--profile-file", profileFile];
  const server = startProcess(t, env, argv);
  const there = ["--address", await server.address, "--data-dir", dataDirectory];
  const before = await licensectl(["capabilities", ...there]);
  t.regex(before.stdout, /^desktops .*ENABLED +GRANTED/m);
  t.regex(before.stdout, /^gpu-desktops .*DISABLED +NOT_LICENSED/m);
  t.regex(before.stdout, /3 of 3 capabilities of acme-desktops/);

  const issue = (...args: readonly string[]) =>
    licensectl([
      ...["authority", "issue", "--directory", join(dataDirectory, "test-vendor"), "--customer", "ACME"],
      ...["--request-code", join(dataDirectory, "request-code.txt"), "--term", "paid", ...args],
    ]);
  const base = ["--item", "base", "--edition", "business", "--quota", "vms=100", "--days", "365"];
  const own = ["--profile-file", profileFile];
  const unknown = await issue(...base);
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /does not know the product acme-desktops.*--profile-file/);
  const odd = await issue(...own, "--item", "gpu-desktops", "--quota", "vms=7");
  t.is(odd.code, 1);
  t.regex(odd.stderr, /PACK_SIZE/);
  for (const [name, args] of [
    ["base.lic", base],
    ["gpu.lic", ["--item", "gpu-desktops", "--quota", "vms=10"]],
  ] as const) {
    const file = join(workspace, name);
    const issued = await issue(...own, ...args, "--out", file);
    t.is(issued.code, 0, issued.stderr);
    const uploaded = await licensectl(["upload", file, ...there]);
    t.is(uploaded.code, 0, uploaded.stderr);
  }
  const online = await licensectl(["capabilities", "--json", ...there]);
  const granted = outcomesOf(online.stdout);
  t.deepEqual(Object.keys(granted), ["desktops", "gpu-desktops", "session-recording"]);
  t.is(new Set(Object.values(granted)).size, 1, "all are enabled");

  server.child.kill("SIGTERM");
  t.is((await server.end).code, 0);
  // Wherever the operator's file is by then: the server has kept the profile.
  await rm(profileFile);
  const here = ["--offline", "--data-dir", dataDirectory];
  const offline = await licensectl(["capabilities", "--json", "--development", ...here]);
  t.is(offline.code, 0, offline.stderr);
  t.deepEqual(outcomesOf(offline.stdout), granted);
  const stranger = await licensectl(["capabilities", ...here]);
  t.is(stranger.code, 1);
  t.regex(stranger.stderr, /not a profile of the vendor's/);
  const kept = join(dataDirectory, "profile.json");
  t.is(await readFile(kept, "utf8"), await readFile(EXAMPLE, "utf8"));
  await writeFile(kept, "{");
  const damaged = await licensectl(["capabilities", "--development", ...here]);
  t.regex(damaged.stderr, /profile\.json" cannot be used[\s\S]*line 1/);
  await rm(kept);
  const gone = await licensectl(["capabilities", "--development", ...here]);
  t.regex(gone.stderr, /is not the profile of the product acme-desktops/);
});

test("a database keeps the product that it was born with, be it one that ships or not", async (t) => {
  const { env, profileFile } = await makePlace(t);
  const argv = ["--development", "--profile-file", profileFile];
  const server = startProcess(t, env, argv);
  await server.address;
  server.child.kill("SIGTERM");
  t.is((await server.end).code, 0);
  t.regex(
    await refusedStart(t, env, ["--development"], "profileMismatch"),
    /product acme-desktops, and LICENSE_PROFILE says zstack-cloud\..*LICENSE_PROFILE_FILE to the profile file/,
  );
  const text = await readFile(profileFile, "utf8");
  await writeFile(profileFile, text.replace('"acme-desktops"', '"acme-towers"'));
  t.regex(
    await refusedStart(t, env, argv, "profileMismatch"),
    /product acme-desktops, and LICENSE_PROFILE_FILE says acme-towers/,
  );
});

test("threat 9: a production start with a profile file that is not the vendor's is refused, and so is a broken one", async (t) => {
  const { env, profileFile } = await makePlace(t);
  const production = await refusedStart(t, env, ["--profile-file", profileFile], "settings");
  t.regex(production, /acme-desktops\.json" is not one of the vendor's.*trust\/profiles/);
  const doctor = await licensectl(["doctor"], { env: { ...env, LICENSE_PROFILE_FILE: profileFile } });
  t.regex(doctor.stdout, /is not one of the vendor's/);
  const both = { ...env, LICENSE_PROFILE: "zstack-3", LICENSE_PROFILE_FILE: profileFile };
  t.regex(await refusedStart(t, both, ["--development"], "settings"), /are both set/);
  await writeFile(profileFile, '{ "name": "own",\n "name": "twice" }');
  t.regex(
    await refusedStart(t, env, ["--development", "--profile-file", profileFile], "settings"),
    /line 2: expected every name once/,
  );
});
