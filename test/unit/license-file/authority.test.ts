import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { initAuthority, openAuthority } from "../../../src/license-file/authority.ts";
import { AuthorityError } from "../../../src/license-file/authority-error.ts";
import { issueLicense, type LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { ensureTestVendor } from "../../../src/license-file/test-vendor.ts";
import { loadTrustStore } from "../../../src/license-file/trust-store.ts";
import { verifyLicense } from "../../../src/license-file/verify-license.ts";
import { claimsFor, createTestPlatformKey, createTestVendor, ISSUED_AT } from "../../helpers/vendor.ts";

const platform = await createTestPlatformKey();

async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "authority-"));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

test("a new vendor signs licenses that a build with its anchor accepts, also after it was opened again", async (t) => {
  const root = await temporaryDirectory(t);
  const directory = join(root, "authority");
  const trustDirectory = join(root, "build", "trust");
  const made = await initAuthority({ directory, issuer: "ACME", trustDirectory, notBefore: ISSUED_AT });
  const opened = await openAuthority(directory);
  const { privateKey: _made, ...madeFacts } = made;
  const { privateKey: _opened, ...openedFacts } = opened;
  t.deepEqual(openedFacts, madeFacts);
  const trust = await loadTrustStore({ trustDirectory });
  const text = await issueLicense(opened, claimsFor(platform.thumbprint), ISSUED_AT);
  const verdict = await verifyLicense(text, trust, {
    thumbprint: platform.thumbprint,
    profile: "zstack-cloud",
  });
  t.like(verdict, { license: { issuer: "ACME" } });
});

test("the private key is its owner's alone, and the anchor holds only the public half", async (t) => {
  const root = await temporaryDirectory(t);
  const directory = join(root, "authority");
  const trustDirectory = join(root, "trust");
  const options = {
    directory,
    issuer: "ACME",
    keyId: "acme-2026",
    trustDirectory,
    notBefore: 0,
    notAfter: ISSUED_AT,
  };
  const { publicKeyX } = await initAuthority(options);
  t.is((await stat(directory)).mode & 0o777, 0o700);
  t.is((await stat(join(directory, "private-key.pem"))).mode & 0o777, 0o600);
  t.deepEqual(JSON.parse(await readFile(join(trustDirectory, "acme-2026.json"), "utf8")), {
    issuer: "ACME",
    keys: [
      {
        kid: "acme-2026",
        kty: "OKP",
        crv: "Ed25519",
        x: publicKeyX,
        purpose: "license",
        not_before: "1970-01-01T00:00:00Z",
        not_after: "2026-01-01T00:00:00Z",
      },
    ],
  });
});

test("a vendor's key is never replaced", async (t) => {
  const root = await temporaryDirectory(t);
  const directory = join(root, "authority");
  const made = await initAuthority({ directory, issuer: "ACME", notBefore: 0 });
  await t.throwsAsync(initAuthority({ directory, issuer: "ACME", notBefore: 0 }), {
    instanceOf: AuthorityError,
    message: /is never replaced/,
  });
  t.is((await openAuthority(directory)).publicKeyX, made.publicKeyX);
  t.deepEqual(await readdir(root), ["authority"]);
});

test("an anchor in the trust directory is never replaced", async (t) => {
  const root = await temporaryDirectory(t);
  const options = { issuer: "ACME", keyId: "acme", trustDirectory: join(root, "trust"), notBefore: 0 };
  const { publicKeyX } = await initAuthority({ ...options, directory: join(root, "one") });
  await t.throwsAsync(initAuthority({ ...options, directory: join(root, "two") }), {
    instanceOf: AuthorityError,
    message: /choose another key id/,
  });
  t.true((await readFile(join(root, "trust", "acme.json"), "utf8")).includes(publicKeyX));
  await t.throwsAsync(openAuthority(join(root, "two")), { message: /there is no vendor key/ });
});

test("a vendor's directory may be there, if it is empty", async (t) => {
  const directory = await temporaryDirectory(t);
  const made = await initAuthority({ directory: `${directory}/`, issuer: "ACME", notBefore: 0 });
  t.is((await openAuthority(directory)).publicKeyX, made.publicKeyX);
  t.is((await stat(directory)).mode & 0o777, 0o700);
});

test("a vendor with a bad name, key id or validity is refused before a key is made", async (t) => {
  const directory = await temporaryDirectory(t);
  for (const bad of [
    { issuer: "" },
    { issuer: "a\nb" },
    { keyId: "a/b" },
    { keyId: "test-1" },
    { keyId: "vendor", isTest: true },
    { notBefore: Date.UTC(10000, 0, 1) },
    { notBefore: ISSUED_AT, notAfter: ISSUED_AT },
  ]) {
    const options = { directory, issuer: "ACME", notBefore: 0, ...bad };
    await t.throwsAsync(initAuthority(options), { instanceOf: AuthorityError }, JSON.stringify(bad));
  }
  await t.throwsAsync(openAuthority(directory), {
    instanceOf: AuthorityError,
    message: /there is no vendor key/,
  });
});

test("a vendor's directory whose files do not belong together, or are open to others, is refused", async (t) => {
  const root = await temporaryDirectory(t);
  const directory = join(root, "one");
  await initAuthority({ directory, issuer: "ACME", notBefore: 0 });
  await initAuthority({ directory: join(root, "two"), issuer: "ACME", notBefore: 0 });
  await chmod(join(directory, "private-key.pem"), 0o640);
  await t.throwsAsync(openAuthority(directory), { instanceOf: AuthorityError, message: /chmod 600/ });
  await chmod(join(directory, "private-key.pem"), 0o600);
  await writeFile(join(directory, "anchor.json"), await readFile(join(root, "two", "anchor.json")));
  await t.throwsAsync(openAuthority(directory), {
    instanceOf: AuthorityError,
    message: /does not hold the public half/,
  });
});

test("the test vendor is made once, and its key id says what it is", async (t) => {
  const directory = join(await temporaryDirectory(t), "test-vendor");
  const [first, second] = await Promise.all([ensureTestVendor(directory), ensureTestVendor(directory)]);
  t.regex(first.keyId, /^test-[0-9a-f]{8}$/);
  t.is(second.keyId, first.keyId);
  t.is((await ensureTestVendor(directory)).publicKeyX, first.publicKeyX);
});

test("a license gets a fresh number and the instant of issue unless the vendor says otherwise", async (t) => {
  const { authority } = await createTestVendor();
  const { iat: _iat, ...request } = claimsFor(platform.thumbprint);
  const texts = [
    await issueLicense(authority, request, ISSUED_AT + 999),
    await issueLicense(authority, request, ISSUED_AT),
  ];
  const [first, second] = texts.map((text) =>
    JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString()),
  );
  t.is(first.iat, ISSUED_AT / 1000);
  t.regex(first.jti, /^[0-9a-f-]{36}$/);
  t.not(first.jti, second.jti);
});

test("what a vendor would regret is not signed", async (t) => {
  const { authority } = await createTestVendor({ notBefore: ISSUED_AT, notAfter: ISSUED_AT + 1000 });
  const good = claimsFor(platform.thumbprint);
  const iat = ISSUED_AT / 1000;
  const bad: readonly [object, RegExp][] = [
    [{ custumer: "ACME" }, /There is no claim "custumer"/],
    [{ customer: "" }, /claim customer/],
    [{ quotas: { cpus: 0 } }, /claim quotas\.cpus/],
    [{ exp: iat }, /ends at or before its start/],
    [{ nbf: iat + 10, exp: iat + 10 }, /ends at or before its start/],
    [{ iat: iat - 1 }, /may not sign/],
    [{ iat: iat + 1 }, /may not sign/],
    [{ ver: 2 }, /version 2/],
  ];
  for (const [change, message] of bad) {
    const request = { ...good, ...change } as LicenseRequest;
    await t.throwsAsync(issueLicense(authority, request, ISSUED_AT), { instanceOf: AuthorityError, message });
  }
  await t.notThrowsAsync(issueLicense(authority, good, ISSUED_AT));
});
