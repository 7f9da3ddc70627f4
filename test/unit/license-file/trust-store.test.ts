import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { StartupError } from "../../../src/errors.ts";
import { initAuthority } from "../../../src/license-file/authority.ts";
import { ensureTestVendor } from "../../../src/license-file/test-vendor.ts";
import { loadTrustStore } from "../../../src/license-file/trust-store.ts";
import { verifyLicense } from "../../../src/license-file/verify-license.ts";
import { createTestPlatformKey, issue } from "../../helpers/vendor.ts";

const KEY = {
  kid: "vendor-1",
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  purpose: "license",
  not_before: "2026-01-01T00:00:00Z",
};

async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "trust-"));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

async function writeAnchor(directory: string, name: string, ...keys: readonly object[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), JSON.stringify({ issuer: "Example Vendor", keys }, null, 2));
}

test("anchors of all json files are loaded, other files are left alone", async (t) => {
  const trustDirectory = await temporaryDirectory(t);
  await writeAnchor(trustDirectory, "a.json", KEY, {
    ...KEY,
    kid: "vendor-2",
    not_after: "2027-01-01T00:00:00Z",
  });
  await writeAnchor(trustDirectory, "b.json", { ...KEY, kid: "other" });
  await writeFile(join(trustDirectory, "README.md"), "# Vendor keys");
  const trust = await loadTrustStore({ trustDirectory });
  t.deepEqual([...trust.anchors.keys()], ["vendor-1", "vendor-2", "other"]);
  t.false(trust.isTestVendorTrusted);
  t.like(trust.anchors.get("vendor-2"), {
    issuer: "Example Vendor",
    notBefore: Date.UTC(2026, 0, 1),
    notAfter: Date.UTC(2027, 0, 1),
  });
});

test("without a trust directory, or with an empty one, there are no anchors", async (t) => {
  const directory = await temporaryDirectory(t);
  t.is((await loadTrustStore({ trustDirectory: directory })).anchors.size, 0);
  t.is((await loadTrustStore({ trustDirectory: join(directory, "missing") })).anchors.size, 0);
});

test("the repository's own trust directory holds no anchor", async (t) => {
  const trust = await loadTrustStore({ trustDirectory: new URL("../../../trust", import.meta.url).pathname });
  t.is(trust.anchors.size, 0);
});

const BAD_KEYS: readonly [string, object, RegExp][] = [
  ["no x", { ...KEY, x: undefined }, /keys\.0\.x/],
  ["an unknown member", { ...KEY, color: "blue" }, /keys\.0/],
  ["a private key", { ...KEY, d: KEY.x }, /keys\.0/],
  ["another curve", { ...KEY, crv: "Ed448" }, /keys\.0\.crv/],
  ["another purpose", { ...KEY, purpose: "revocation" }, /keys\.0\.purpose/],
  ["a key id that is no name", { ...KEY, kid: "../x" }, /keys\.0\.kid/],
  ["a date without a zone", { ...KEY, not_before: "2026-01-01" }, /keys\.0\.not_before/],
  [
    "an end before its beginning",
    { ...KEY, not_after: "2025-01-01T00:00:00Z" },
    /keys\.0\.not_after: must be after not_before/,
  ],
  ["a key that is too short", { ...KEY, x: "AAAA" }, /not a sound Ed25519 public key/],
  ["a key of small order", { ...KEY, x: `AQ${"A".repeat(41)}` }, /not a sound Ed25519 public key/],
];

for (const [what, key, problem] of BAD_KEYS) {
  test(`threat 8: an anchor file with ${what} stops the start, and the error names the file`, async (t) => {
    const trustDirectory = await temporaryDirectory(t);
    await writeAnchor(trustDirectory, "bad.json", key);
    const error = await t.throwsAsync(loadTrustStore({ trustDirectory }), { instanceOf: StartupError });
    t.is(error.exitCode, 2);
    t.true(error.message.includes(join(trustDirectory, "bad.json")));
    t.regex(error.message, problem);
  });
}

test("an anchor file that is not JSON, or holds no key, stops the start", async (t) => {
  const trustDirectory = await temporaryDirectory(t);
  await writeFile(join(trustDirectory, "bad.json"), "{");
  await t.throwsAsync(loadTrustStore({ trustDirectory }), {
    instanceOf: StartupError,
    message: /it is not JSON/,
  });
  await writeAnchor(trustDirectory, "bad.json");
  await t.throwsAsync(loadTrustStore({ trustDirectory }), { instanceOf: StartupError, message: /keys/ });
});

test("a key id that is there twice stops the start", async (t) => {
  const trustDirectory = await temporaryDirectory(t);
  await writeAnchor(trustDirectory, "a.json", KEY);
  await writeAnchor(trustDirectory, "b.json", KEY);
  await t.throwsAsync(loadTrustStore({ trustDirectory }), {
    instanceOf: StartupError,
    message: /b\.json.*there twice/,
  });
});

test("threat 9: a test vendor's anchor in the trust directory stops a production start", async (t) => {
  const directory = await temporaryDirectory(t);
  const trustDirectory = join(directory, "trust");
  await writeAnchor(trustDirectory, "a.json", { ...KEY, kid: "test-1" });
  await t.throwsAsync(loadTrustStore({ trustDirectory }), {
    instanceOf: StartupError,
    message: /a test vendor/,
  });
  const development = await loadTrustStore({ trustDirectory, testVendorDirectory: join(directory, "none") });
  t.deepEqual([...development.anchors.keys()], ["test-1"]);
});

test("threat 9: the test vendor's directory cannot bring another vendor's anchor", async (t) => {
  const directory = await temporaryDirectory(t);
  const testVendorDirectory = join(directory, "test-vendor");
  await writeAnchor(testVendorDirectory, "a.json", KEY);
  await t.throwsAsync(loadTrustStore({ trustDirectory: directory, testVendorDirectory }), {
    instanceOf: StartupError,
    message: /vendor-1 is not the key of a test vendor/,
  });
});

test("threat 9: a test-signed license counts in development mode, and has its own error in production", async (t) => {
  const directory = await temporaryDirectory(t);
  const trustDirectory = join(directory, "trust");
  const testVendorDirectory = join(directory, "test-vendor");
  const vendor = await initAuthority({
    directory: join(directory, "vendor"),
    issuer: "Example Vendor",
    trustDirectory,
    notBefore: 0,
  });
  const tester = await ensureTestVendor(testVendorDirectory);
  const platform = await createTestPlatformKey();
  const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
  const production = await loadTrustStore({ trustDirectory });
  const development = await loadTrustStore({ trustDirectory, testVendorDirectory });
  const testLicense = await issue({ authority: tester, trust: development }, platform.thumbprint);
  const realLicense = await issue({ authority: vendor, trust: production }, platform.thumbprint);
  t.like(await verifyLicense(testLicense, production, expected), { refusal: { reason: "TEST_VENDOR" } });
  t.true("license" in (await verifyLicense(testLicense, development, expected)));
  t.true("license" in (await verifyLicense(realLicense, production, expected)));
  t.true("license" in (await verifyLicense(realLicense, development, expected)));
});
