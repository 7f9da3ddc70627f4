/** The vendor's work on USB keys, from the blank key to a license that is read back. They meet no server. */
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { chooseKey } from "../../../src/cli/authority/choose-key.ts";
import { asKeyWork } from "../../../src/cli/authority/usb-failure.ts";
import { CliError } from "../../../src/cli/cli-error.ts";
import { jwkThumbprint } from "../../../src/license-file/jwk-thumbprint.ts";
import { USB_FAULT_KINDS, UsbFault } from "../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../src/usb/emulator/dongle.ts";
import { BLANK_MEMORY, newKeyMemory } from "../../../src/usb/emulator/key-memory.ts";
import { MemoryBus } from "../../../src/usb/emulator/memory-bus.ts";
import { type RunResult, runCli } from "./_capture.ts";

const cwd = await mkdtemp(join(tmpdir(), "licensectl-usb-"));
const ALGORITHMS = ["ed25519", "p256"] as const;
const GRANT = ["--item", "base", "--edition", "enterprise", "--term", "paid", "--quota", "cpus=64"];

test.before(async () => {
  process.chdir(cwd);
  await done("init", "--issuer", "Example Cloud", "--directory", "vendor");
  for (const algorithm of ALGORITHMS) {
    await done(...provision(algorithm), "--create", "--algorithm", algorithm, "--out", `${algorithm}.public`);
    await done(...issue(`${algorithm}.public`), "--out", `${algorithm}.lic`);
  }
});
test.after.always(() => rm(cwd, { recursive: true }));

function vendor(...args: readonly string[]): Promise<RunResult> {
  return runCli(["authority", ...args]);
}

async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await vendor(...args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

function provision(name: string): readonly string[] {
  return ["usb-key", "provision", "--file", `${name}.json`, "--key-id", `key-${name}`];
}

function issue(publicKey: string): readonly string[] {
  const customer = ["--customer", "ACME", "--profile", "zstack-cloud"];
  return ["issue", "--directory", "vendor", "--usb-key", publicKey, ...customer, ...GRANT];
}

for (const algorithm of ALGORITHMS) {
  test(`UK-ID-2: a license that is issued for a key of ${algorithm} is written onto it and read back`, async (t) => {
    const file = `${algorithm}-good.json`;
    await copyFile(`${algorithm}.json`, file);
    const written = await vendor("usb-key", "write", "--file", file, "--license", `${algorithm}.lic`);
    t.is(written.code, 0, written.stderr);
    t.regex(
      written.stdout,
      new RegExp(`^Wrote 1 license \\(\\d+ bytes\\) onto the USB key key-${algorithm} in `),
    );
    const shown = await vendor("usb-key", "show", "--file", file, "--directory", "vendor");
    t.is(shown.code, 0, shown.stderr);
    t.regex(shown.stdout, /^private key +proved$/m);
    t.regex(shown.stdout, /^on it +\d+ bytes, 1 license, written 1 time$/m);
    t.regex(shown.stdout, /^Signature: VERIFIED by the key vendor-/m);
    t.regex(shown.stdout, /^For this key: yes$/m);
  });
}

test("UK-ID-1: provision writes the id and the public key alone, and issue binds a license to both", async (t) => {
  for (const algorithm of ALGORITHMS) {
    const { keyId, jwk, thumbprint, ...others } = JSON.parse(await readFile(`${algorithm}.public`, "utf8"));
    t.deepEqual(others, { model: "Emulated key" });
    t.is(thumbprint, jwkThumbprint(jwk));
    const [, claims = ""] = (await readFile(`${algorithm}.lic`, "utf8")).split(".");
    t.like(JSON.parse(Buffer.from(claims, "base64url").toString()), { sub: `usb:${keyId}`, cnf: { jwk } });
    t.is((await stat(`${algorithm}.json`)).mode & 0o777, 0o600);
    t.false(JSON.stringify(jwk).includes('"d"'));
  }
});

test("show --out writes the same file that provision wrote", async (t) => {
  await done("usb-key", "show", "--file", "p256.json", "--out", "again.public");
  t.is(await readFile("again.public", "utf8"), await readFile("p256.public", "utf8"));
});

test("a key makes one key pair in its life", async (t) => {
  await copyFile("p256.json", "sealed.json");
  const before = await readFile("sealed.json", "utf8");
  const { code, stderr } = await vendor(...provision("sealed"), "--json");
  t.is(code, 1);
  t.like(JSON.parse(stderr), { error: { reason: "SEALED" } });
  t.is(await readFile("sealed.json", "utf8"), before);
  const created = await vendor(...provision("sealed"), "--create");
  t.is(created.code, 2);
  t.regex(created.stderr, /sealed\.json exists already/);
});

test("what would give nothing on a key is not written, unless forced", async (t) => {
  await copyFile("p256.json", "other.json");
  const write = ["usb-key", "write", "--file", "other.json", "--license", "ed25519.lic"];
  const refused = await vendor(...write, "--json");
  t.is(refused.code, 1);
  t.like(JSON.parse(refused.stderr), { error: { reason: "USB_KEY_MISMATCH" } });
  t.regex(await done("usb-key", "show", "--file", "other.json"), /^on it +0 bytes, 0 licenses/m);
  t.is((await vendor(...write, "--force")).code, 0);
  const shown = await vendor("usb-key", "show", "--file", "other.json", "--directory", "vendor");
  t.is(shown.code, 1);
  t.regex(shown.stdout, /^For this key: no\. The license is bound to usb:key-ed25519/m);
});

test("a license for the same key id with another public key is for another key", async (t) => {
  await done(...provision("p256").with(3, "twin.json"), "--create");
  const { code, stderr } = await vendor("usb-key", "write", "--file", "twin.json", "--license", "p256.lic");
  t.is(code, 1);
  t.regex(stderr, /names the USB key key-p256, but the public key of another one/);
});

test("show fails when a license on the key is not verified", async (t) => {
  await copyFile("ed25519.json", "unverified.json");
  await done("usb-key", "write", "--file", "unverified.json", "--license", "ed25519.lic");
  const { code, stdout } = await vendor("usb-key", "show", "--file", "unverified.json");
  t.is(code, 1);
  t.regex(stdout, /NOT VERIFIED/);
});

test("what a person can correct is wrong use, told by the option", async (t) => {
  await writeFile("junk.json", "{}", { mode: 0o600 });
  await writeFile("open.json", await readFile("p256.json"), { mode: 0o644 });
  const write = ["usb-key", "write", "--file", "p256.json"];
  const cases: ReadonlyArray<[readonly string[], RegExp]> = [
    [["usb-key", "provision", "--key-id", "key 1"], /--key-id: "key 1" cannot be the id of a key/],
    [["usb-key", "provision", "--key-id", "k", "--create"], /--create makes the file of an emulated key/],
    [[...provision("p256"), "--model", "ü"], /--model: it must be at most 64 printable ASCII/],
    [[...provision("p256"), "--algorithm", "rsa"], /Allowed choices are ed25519, p256/],
    [["usb-key", "show", "--file", "p256.json", "--port", "1-2"], /--port and --id are for real ones/],
    [["usb-key", "show", "--file", "nowhere.json"], /nowhere\.json cannot be used: there is no such file/],
    [["usb-key", "show", "--file", "junk.json"], /junk\.json cannot be used/],
    [["usb-key", "show", "--file", "open.json"], /other users can read it/],
    [write, /--package or --license/],
    [[...write, "--package", "a", "--license", "b"], /cannot be used with option/],
    [issue("junk.json"), /junk\.json names no key id and public key/],
    [issue("p256.lic"), /cannot be read as JSON/],
    [issue("p256.public").filter((word) => !/profile|zstack/.test(word)), /--usb-key needs --profile/],
    [[...issue("p256.public"), "--usb", "k"], /cannot be used with option/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await vendor(...args);
    t.is(code, 2, args.join(" "));
    t.regex(stderr.replaceAll("\n", " "), message);
  }
});

test("the only key that fits is chosen, by its port, its ids, or by what it is", async (t) => {
  const bus = new MemoryBus();
  bus.plug(new Dongle(newKeyMemory({ keyId: "made" })), { port: "1-1" });
  bus.plug(new Dongle(BLANK_MEMORY), { port: "1-2" });
  bus.plug(new Dongle(BLANK_MEMORY, { productId: 0x0002 }), { port: "1-3" });
  const devices = await bus.list();
  t.is((await chooseKey(devices, { port: "1-1" })).port, "1-1");
  t.is((await chooseKey(devices, { id: "1209:0002" })).port, "1-3");
  t.is((await chooseKey(devices, {}, ({ isSealed }) => !isSealed)).port, "1-2");
  t.is(bus.openDevices, 0);
  const several = await t.throwsAsync(chooseKey(devices, {}), { instanceOf: CliError });
  t.regex(several.message, /in the ports 1-1, 1-2/);
  for (const choice of [{ port: "9-9" }, { id: "ffff:0001" }]) {
    const none = await t.throwsAsync(chooseKey(devices, choice), { instanceOf: CliError });
    t.is(none.parts.reason, "NOT_FOUND");
  }
  await t.throwsAsync(chooseKey(devices, { id: "1209" }), { message: /no vendor and product id/ });
});

test("each fault of a port is told with what to do", async (t) => {
  for (const kind of USB_FAULT_KINDS) {
    const failure = await t.throwsAsync(
      asKeyWork(() => Promise.reject(new UsbFault(kind, "as the port says"))),
      { instanceOf: CliError },
    );
    t.is(failure.kind, "refused");
    t.truthy(failure.parts.remedy);
    t.regex(failure.parts.meaning ?? "", /as the port says/);
  }
});
