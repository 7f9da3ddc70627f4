/** The vendor's commands, from the first key to a package. They meet no server. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { requestCodeOf } from "../../../src/platform/request-code.ts";
import { createTestPlatformKey } from "../../helpers/vendor.ts";
import { type RunResult, runCli } from "./_capture.ts";

const cwd = await mkdtemp(join(tmpdir(), "licensectl-"));

test.before(async () => {
  process.chdir(cwd);
  await writeFile(
    join(cwd, "request-code.txt"),
    `${await requestCodeOf(await createTestPlatformKey(), "zstack-cloud")}\n`,
  );
  const made = await vendor("init", "--issuer", "Example Cloud", "--directory", "vendor", "--trust", "trust");
  if (made.code !== 0) throw new Error(made.stderr);
});
test.after.always(() => rm(cwd, { recursive: true }));

function vendor(...args: readonly string[]): Promise<RunResult> {
  return runCli(["authority", ...args]);
}

const ISSUE = ["issue", "--directory", "vendor", "--request-code", "request-code.txt", "--customer", "ACME"];
const BASE = [...ISSUE, "--item", "base", "--edition", "enterprise", "--term", "paid", "--quota", "cpus=64"];

test("init makes a private key for its owner only, and an anchor; and never replaces a key", async (t) => {
  t.is((await stat(join(cwd, "vendor", "private-key.pem"))).mode & 0o777, 0o600);
  const anchor = JSON.parse(await readFile(join(cwd, "vendor", "anchor.json"), "utf8"));
  const keyId = anchor.keys[0].kid;
  t.deepEqual(JSON.parse(await readFile(join(cwd, "trust", `${keyId}.json`), "utf8")), anchor);
  const before = await readFile(join(cwd, "vendor", "private-key.pem"), "utf8");
  const again = await vendor("init", "--issuer", "Example Cloud", "--directory", "vendor");
  t.is(again.code, 2);
  t.regex(again.stderr, /never replaced/);
  t.is(await readFile(join(cwd, "vendor", "private-key.pem"), "utf8"), before);
});

test("issue signs every claim that an option gives, and inspect shows and verifies it", async (t) => {
  const issued = await vendor(
    ...[
      ...BASE,
      "--quota",
      "hosts=4",
      "--issued",
      "2099-01-01",
      "--start",
      "2099-02-01",
      "--end",
      "2100-01-01",
    ],
    ...["--product-name", "Cloud", "--contract", "C-1", "--authorization-code", "A-1", "--jti", "no-1"],
    ...["--service-end", "2099-12-01", "--out", "all.lic"],
  );
  t.is(issued.code, 0, issued.stderr);
  const inspected = await vendor("inspect", "all.lic", "--directory", "vendor", "--json");
  t.is(inspected.code, 0, inspected.stderr);
  const { files } = JSON.parse(inspected.stdout);
  t.like(files[0], { verdict: "VERIFIED", isTestVendor: false });
  t.like(files[0].claims, {
    iss: "Example Cloud",
    jti: "no-1",
    iat: Date.UTC(2099, 0, 1) / 1000,
    nbf: Date.UTC(2099, 1, 1) / 1000,
    exp: Date.UTC(2100, 0, 1) / 1000,
    item: "base",
    edition: "enterprise",
    term: "paid",
    quotas: { cpus: 64, hosts: 4 },
    service_end: Date.UTC(2099, 11, 1) / 1000,
    customer: "ACME",
    product_name: "Cloud",
    contract_number: "C-1",
    authorization_code: "A-1",
  });
  const people = await vendor("inspect", "all.lic", "--directory", "vendor");
  t.regex(people.stdout, /^Signature: VERIFIED by the key vendor-/);
  t.regex(people.stdout, /^ {2}ends \(exp\) +2100-01-01T00:00:00Z \(in \d+ d\)$/m);
});

test("a length in days or seconds counts from the start", async (t) => {
  const lengths = [
    ["--days", "30", 30 * 86_400],
    ["--seconds", "90", 90],
  ] as const;
  for (const [option, length, seconds] of lengths) {
    const { code, stdout } = await vendor(...BASE, "--start", "2099-02-01", option, length, "--json");
    t.is(code, 0);
    const { startTime, expireTime } = JSON.parse(stdout);
    t.is(startTime, "2099-02-01T00:00:00.000Z");
    t.is(Date.parse(expireTime) - Date.parse(startTime), seconds * 1000);
  }
});

test("what a platform would refuse is not issued, unless forced", async (t) => {
  const wrong = [...ISSUE, "--item", "base", "--edition", "enterprise", "--term", "paid"];
  const refused = await vendor(...wrong, "--out", "refused.lic", "--json");
  t.is(refused.code, 1);
  t.like(JSON.parse(refused.stderr), { error: { reason: "UNIT_REQUIRED", exitCode: 1 } });
  await t.throwsAsync(stat(join(cwd, "refused.lic")), { code: "ENOENT" });
  const forced = await vendor(...wrong, "--force");
  t.is(forced.code, 0);
  t.regex(forced.stderr, /^A platform will refuse it: UNIT_REQUIRED: /);
  t.regex(forced.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
});

test("what cannot be signed at all is wrong use, told by the option or claim", async (t) => {
  const cases: ReadonlyArray<[readonly string[], RegExp]> = [
    [[...BASE, "--request-code", "vendor/anchor.json"], /no request code, or a damaged one/],
    [[...BASE, "--request-code", "nowhere.txt"], /nowhere\.txt cannot be read/],
    [[...BASE, "--quota", "cpus"], /--quota: "cpus" is not a unit and a whole number/],
    [[...BASE, "--quota", "cpus=1"], /--quota: cpus is there twice/],
    [[...BASE, "--days", "1", "--seconds", "1"], /cannot be used with option/],
    [[...BASE, "--end", "2020-01-01"], /ends at or before its start/],
    [[...BASE, "--issued", "2020-01-01"], /may not sign a license of that day/],
    [[...BASE, "--directory", "nowhere"], /make one with licensectl authority init/],
    [[...BASE, "--customer", "a\u001bb"], /claim customer/],
    [[...BASE, "--term", "leased"], /Allowed choices are/],
    [[...BASE, "--out", "no/such/directory/x"], /cannot be written/],
    [BASE.filter((word) => word !== "--customer" && word !== "ACME"), /--customer/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await vendor(...args);
    t.is(code, 2, args.join(" "));
    t.is(stdout, "");
    t.regex(stderr, message);
  }
});

test("package packs licenses in the given order, and nothing that is none", async (t) => {
  await vendor(...BASE, "--out", "base.lic");
  await vendor(...ISSUE, "--item", "gpu", "--term", "paid", "--out", "gpu.lic");
  const packed = await vendor("package", "--out", "both.tar.gz", "base.lic", "gpu.lic");
  t.is(packed.code, 0, packed.stderr);
  const { code, stdout } = await vendor("inspect", "both.tar.gz", "--trust", "trust", "--json");
  t.is(code, 0);
  const files: ReadonlyArray<{ fileName: string; claims: { item: string } }> = JSON.parse(stdout).files;
  t.deepEqual(
    files.map(({ fileName, claims }) => [fileName, claims.item]),
    [
      ["base.lic", "base"],
      ["gpu.lic", "gpu"],
    ],
  );
  const wrong = await vendor("package", "--out", "wrong.tar.gz", "base.lic", "request-code.txt");
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /request-code\.txt/);
  await t.throwsAsync(stat(join(cwd, "wrong.tar.gz")), { code: "ENOENT" });
});

test("inspect shows what it cannot verify, never pretends trust, and ends with exit code 1", async (t) => {
  await vendor(...BASE, "--out", "strange.lic");
  const unknown = await vendor("inspect", "strange.lic", "--trust", "vendor-of-nobody");
  t.is(unknown.code, 1);
  t.regex(unknown.stdout, /^Signature: NOT VERIFIED NO_TRUST_ANCHORS/);
  t.regex(unknown.stdout, /^ {2}customer +ACME$/m);
  const text = await readFile(join(cwd, "strange.lic"), "utf8");
  const [header = "", claims = "", signature = ""] = text.split(".");
  const changed = Buffer.from(Buffer.from(claims, "base64url").toString().replace("ACME", "EVIL")).toString(
    "base64url",
  );
  await writeFile(join(cwd, "changed.lic"), [header, changed, signature].join("."));
  const forged = await vendor("inspect", "changed.lic", "--trust", "trust", "--json");
  t.is(forged.code, 1);
  t.like(JSON.parse(forged.stdout).files[0], {
    verdict: "REFUSED",
    refusal: { reason: "SIGNATURE_INVALID" },
  });
});

test("threat 27: inspect shows hostile claims without letting them steer the terminal", async (t) => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const evil = "a\u001b[2J\u202e\r\nb";
  const text = [
    part({ alg: "none", [evil]: evil }),
    part({ [evil]: evil, nested: { [evil]: evil }, exp: 1e300, iat: {} }),
    "x",
  ];
  await writeFile(join(cwd, "evil.lic"), text.join("."));
  for (const flags of [[], ["--json"]]) {
    const { code, stdout, stderr } = await vendor("inspect", "evil.lic", ...flags);
    t.is(code, 1);
    t.false(/[^\n\P{Cc}]|\p{Cf}/u.test(`${stdout}${stderr}`));
  }
  t.is((await vendor("inspect", "request-code.txt")).code, 1);
});

test("ZC-AM-5: a license for a USB key carries the key's id and public key", async (t) => {
  const { keys } = JSON.parse(await readFile(join(cwd, "vendor", "anchor.json"), "utf8"));
  const { kty, crv, x } = keys[0];
  await writeFile(join(cwd, "usb.jwk"), JSON.stringify({ kty, crv, x }));
  const usb = ["issue", "--directory", "vendor", "--usb", "KEY-1", "--customer", "ACME", "--item", "base"];
  const grant = ["--edition", "enterprise", "--term", "paid", "--quota", "cpus=1"];
  t.is((await vendor(...usb, ...grant)).code, 2);
  const { code, stdout } = await vendor(
    ...usb,
    ...grant,
    "--usb-public-key",
    "usb.jwk",
    "--profile",
    "zstack-cloud",
  );
  t.is(code, 0);
  const claims = JSON.parse(Buffer.from(stdout.split(".")[1] ?? "", "base64url").toString());
  t.like(claims, { sub: "usb:KEY-1", cnf: { jwk: { kty, crv, x } } });
});

test("US-UP-1, US-FE-1: upgrades with an end and packs of other sizes are not issued; right ones are, and named", async (t) => {
  const code = await requestCodeOf(await createTestPlatformKey(), "unicloud-usphere");
  await writeFile("usphere.txt", `${code}\n`);
  const issue = ["issue", "--directory", "vendor", "--request-code", "usphere.txt", "--customer", "ACME"];
  const upgrade = ["--item", "base", "--edition", "enterprise", "--from-edition", "standard"];
  const pack = [...issue, "--item", "migration", "--term", "formal", "--quota"];
  const refusals = [
    [[...issue, ...upgrade, "--term", "formal", "--quota", "cpus=8", "--days", "90"], "TERM_NOT_ALLOWED"],
    [[...issue, ...upgrade, "--term", "temporary", "--quota", "cpus=8", "--days", "90"], "TERM_NOT_ALLOWED"],
    [[...issue, ...upgrade, "--term", "formal"], "UNIT_REQUIRED"],
    [[...pack, "hosts=20"], "PACK_SIZE"],
  ] as const;
  for (const [args, reason] of refusals) {
    const { code: exit, stderr } = await vendor(...args, "--json");
    t.is(exit, 1);
    t.like(JSON.parse(stderr), { error: { reason } });
  }
  t.is((await vendor(...pack, "hosts=10")).code, 0);
  const right = [...issue, ...upgrade, "--term", "formal", "--quota", "cpus=8", "--out", "upgrade.lic"];
  t.regex((await vendor(...right)).stdout, /^Issued base standard to enterprise \(formal\) for ACME: /);
});
