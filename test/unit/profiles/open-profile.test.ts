import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { StartupError } from "../../../src/errors.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { isTrusted, openProfile, readProfileFile } from "../../../src/profiles/open-profile.ts";
import { ProfileError } from "../../../src/profiles/profile-error.ts";

const EXAMPLE = fileURLToPath(new URL("../../../docs/examples/acme-desktops.json", import.meta.url));
const UNSET = { profile: undefined, profileFile: undefined, isDevelopment: false } as const;

async function makeDirectory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "license-profile-"));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

test("the settings choose a profile that ships, by default ZStack Cloud", (t) => {
  t.deepEqual(openProfile(UNSET), { profile: loadProfile("zstack-cloud"), fileText: undefined });
  t.is(openProfile({ ...UNSET, profile: "zstack-3" }).profile.name, "zstack-3");
});

test("a profile and a profile file together are refused", (t) => {
  const both = { ...UNSET, profile: "zstack-3", profileFile: EXAMPLE, isDevelopment: true } as const;
  t.throws(() => openProfile(both), {
    instanceOf: StartupError,
    message: /LICENSE_PROFILE and LICENSE_PROFILE_FILE are both set/,
  });
});

test("threat 9: in production a profile file counts only if the package holds the same bytes", async (t) => {
  const trust = await makeDirectory(t);
  const settings = { ...UNSET, profileFile: EXAMPLE };
  t.is(openProfile({ ...settings, isDevelopment: true }, trust).profile.name, "acme-desktops");
  const refused = { instanceOf: StartupError, message: /acme-desktops\.json" is not one of the vendor's/ };
  t.throws(() => openProfile(settings, trust), refused);
  await mkdir(join(trust, "profiles"));
  await copyFile(EXAMPLE, join(trust, "profiles", "other-name.json"));
  const { profile, fileText } = openProfile(settings, trust);
  t.is(profile.name, "acme-desktops");
  t.true(isTrusted(fileText ?? "", trust));
  const widened = join(trust, "widened.json");
  await writeFile(widened, (fileText ?? "").replace('"vms": 5', '"vms": 5000'));
  t.is(readProfileFile(widened).profile.noLicense.bases.get("base")?.quotas.get("vms"), 5000n);
  t.throws(() => openProfile({ ...settings, profileFile: widened }, trust), {
    instanceOf: StartupError,
    message: /widened\.json" is not one of the vendor's/,
  });
});

test("a start is refused with everything that is wrong with a profile file, in one line", async (t) => {
  const path = join(await makeDirectory(t), "own.json");
  await writeFile(path, '{ "name": "own", "merge": "max", "bases": {} }');
  const settings = { ...UNSET, profileFile: path, isDevelopment: true };
  const { message } = t.throws(() => openProfile(settings), { instanceOf: StartupError });
  t.notRegex(message, /\n/);
  for (const part of [/own\.json"/, /title: expected/, /merge: expected/, /reminders: expected/]) {
    t.regex(message, part);
  }
});

test("a profile file that cannot be read, is too large or is no text is refused by what is wrong", async (t) => {
  const directory = await makeDirectory(t);
  const missing = join(directory, "missing.json");
  t.throws(() => readProfileFile(missing), {
    instanceOf: ProfileError,
    message: /missing\.json" cannot be used:\s+the file: there is no such file/,
  });
  t.throws(() => readProfileFile(directory), {
    instanceOf: ProfileError,
    message: /expected a plain file/,
  });
  const large = join(directory, "large.json");
  await writeFile(large, " ".repeat(1024 * 1024 + 1));
  t.throws(() => readProfileFile(large), {
    instanceOf: ProfileError,
    message: /expected at most 1048576 bytes/,
  });
  const latin = join(directory, "latin.json");
  await writeFile(latin, Buffer.from('{"name": "caf\u00e9"}', "latin1"));
  t.throws(() => readProfileFile(latin), { instanceOf: ProfileError, message: /expected UTF-8/ });
});

test("a profile file may begin with a byte order mark, but may not take the name of a product that ships", async (t) => {
  const path = join(await makeDirectory(t), "own.json");
  const shipped = fileURLToPath(new URL("../../../src/domain/profiles/zstack-3.json", import.meta.url));
  t.throws(() => readProfileFile(shipped), {
    instanceOf: ProfileError,
    message: /name: expected a name of its own, found "zstack-3"/,
  });
  await writeFile(path, `\uFEFF${readProfileFile(EXAMPLE).fileText}`);
  t.is(readProfileFile(path).profile.name, "acme-desktops");
  const trust = await makeDirectory(t);
  await mkdir(join(trust, "profiles"));
  await copyFile(path, join(trust, "profiles", "own.json"));
  t.true(isTrusted(readProfileFile(path).fileText, trust));
});
