/** Bad input: every refusal has its own reason, writes nothing and changes no right. */
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { signCompactJws } from "../../../src/license-file/compact-jws.ts";
import { issueLicense, type LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type IssueClaims, type RpcService, startRpcService } from "../../helpers/rpc-service.ts";
import { createTestVendor } from "../../helpers/vendor.ts";

/** Uploads, wants the refusal, and proves that it left no trace. */
async function refusalOf(rpc: RpcService, packageBytes: Uint8Array | string) {
  const before = [await rpc.dump(), (await rpc.call("getLicenseCapabilities")).capabilities];
  const upload = (validateOnly: boolean) =>
    rpcErrorOf(rpc.call("uploadLicense", { package: Buffer.from(packageBytes), validateOnly }));
  const dry = await upload(true);
  const error = await upload(false);
  const after = [await rpc.dump(), (await rpc.call("getLicenseCapabilities")).capabilities];
  if (JSON.stringify(before, bigints) !== JSON.stringify(after, bigints))
    throw new Error("a refusal left a trace");
  if (dry.reason !== error.reason || dry.message !== error.message)
    throw new Error("the dry run said otherwise");
  return error;
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

/** Signs claims that no vendor's tool would: `changes` over those of a good license; `undefined` takes one away. */
async function sign(rpc: RpcService, changes: Readonly<Record<string, unknown>>): Promise<string> {
  const [, payload = ""] = (await rpc.issue()).split(".");
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
  return signCompactJws(rpc.vendor, "license+jwt", { ...(claims as object), ...changes });
}

function secondsOf(rpc: RpcService): number {
  return Math.floor(rpc.clock.now() / 1000);
}

test("threat 7: bytes that are no license are refused", async (t) => {
  const rpc = await startRpcService(t);
  t.like(await refusalOf(rpc, "hello"), { code: 3, reason: "NOT_A_LICENSE", refusals: [": NOT_A_LICENSE"] });
  t.is((await refusalOf(rpc, "")).reason, "EMPTY_PACKAGE");
  t.is((await refusalOf(rpc, Buffer.alloc(1024))).reason, "EMPTY_PACKAGE");
  const packed = await packLicenses([{ fileName: "base.license", signedBytes: await rpc.issue() }]);
  t.is((await refusalOf(rpc, packed.subarray(0, packed.length / 2))).reason, "ARCHIVE_INVALID");
});

test("threat 9: the license of a stranger is refused", async (t) => {
  const rpc = await startRpcService(t);
  const stranger = await createTestVendor({ keyId: "stranger" });
  const { thumbprint } = rpc;
  const claims: LicenseRequest = {
    sub: `request:${thumbprint}`,
    profile: "zstack-cloud",
    item: "base",
    edition: "enterprise",
    term: "paid",
    quotas: { cpus: 1_000 },
    customer: "Example Customer",
  };
  const license = await issueLicense(stranger.authority, claims, rpc.clock.now());
  t.like(await refusalOf(rpc, license), { code: 7, reason: "UNKNOWN_VENDOR_KEY" });
});

test("threat 9: the license of a test vendor is refused in production mode, with its own reason", async (t) => {
  const development = await startRpcService(t);
  const production = await startRpcService(t, { isDevelopment: false });
  const license = await issueLicense(
    development.vendor,
    {
      sub: `request:${production.thumbprint}`,
      profile: "zstack-cloud",
      item: "base",
      edition: "enterprise",
      term: "paid",
      quotas: { cpus: 64 },
      customer: "Example Customer",
    },
    production.clock.now(),
  );
  t.like(await refusalOf(production, license), { code: 7, reason: "TEST_VENDOR" });
  const stranger = await createTestVendor({ keyId: "stranger" });
  const signed = await signCompactJws(stranger.authority, "license+jwt", { ver: 1 });
  t.like(await refusalOf(production, signed), { code: 9, reason: "NO_TRUST_ANCHORS" });
});

test("LI-1: a license of another platform or product is refused", async (t) => {
  const rpc = await startRpcService(t);
  const other = await refusalOf(rpc, await rpc.issue({ sub: `request:${"A".repeat(43)}` }));
  t.like(other, { code: 9, reason: "OTHER_PLATFORM" });
  t.like(await refusalOf(rpc, await rpc.issue({ profile: "zstack-3" })), {
    code: 9,
    reason: "OTHER_PRODUCT",
  });
});

test("LI-5: a license whose end has passed, or that has no window, is refused", async (t) => {
  const rpc = await startRpcService(t);
  const now = secondsOf(rpc);
  t.like(await refusalOf(rpc, await rpc.issue({ iat: now - 100, exp: now - 1 })), {
    code: 9,
    reason: "ALREADY_EXPIRED",
  });
  const backwards = await sign(rpc, { nbf: now + 2_000, exp: now + 1_000 });
  t.like(await refusalOf(rpc, backwards), { code: 3, reason: "INVALID_WINDOW" });
});

test("ZC-AM-6: a license issued before the installed one of its kind is refused", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ iat: secondsOf(rpc) - 1_000 });
  const older = await refusalOf(rpc, await rpc.issue({ iat: secondsOf(rpc) - 2_000 }));
  t.like(older, { code: 9, reason: "OLDER_THAN_INSTALLED" });
});

test("ZC-PL-2: a module without a base license is refused", async (t) => {
  const rpc = await startRpcService(t);
  t.like(await refusalOf(rpc, await rpc.issue({ item: "gpu" })), { code: 9, reason: "BASE_MISSING" });
});

test("LI-2: other bytes under the number of an installed license are refused", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ jti: "L-1" });
  t.like(await refusalOf(rpc, await rpc.issue({ jti: "L-1", quotas: { cpus: 65 } })), {
    code: 6,
    reason: "JTI_REUSED",
  });
});

test("threat 5, threat 6: a license that was changed, or is signed in a way that is not allowed, is refused", async (t) => {
  const rpc = await startRpcService(t);
  const [header = "", payload = "", signature = ""] = (await rpc.issue()).split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const more = Buffer.from(JSON.stringify({ ...claims, quotas: { cpus: 65 } })).toString("base64url");
  t.like(await refusalOf(rpc, `${header}.${more}.${signature}`), { code: 3, reason: "SIGNATURE_INVALID" });
  const none = Buffer.from(
    JSON.stringify({ alg: "none", typ: "license+jwt", kid: rpc.vendor.keyId }),
  ).toString("base64url");
  t.like(await refusalOf(rpc, `${none}.${payload}.`), { code: 3, reason: "HEADER_NOT_ALLOWED" });
});

const CLAIMS: readonly [title: string, reason: string, changes: Readonly<Record<string, unknown>>][] = [
  ["LI-1: a missing claim", "CLAIM_MISSING", { customer: undefined }],
  ["LI-1: a claim of the wrong type", "CLAIM_INVALID", { customer: 7 }],
  ["threat 29: 2^53 + 1 CPUs", "CLAIM_INVALID", { quotas: { cpus: 2 ** 53 } }],
  ["threat 29: a negative quota", "CLAIM_INVALID", { quotas: { cpus: -1 } }],
  ["threat 29: a quota of zero", "CLAIM_INVALID", { quotas: { cpus: 0 } }],
  ["threat 29: an end after the year 9999", "CLAIM_INVALID", { exp: 253_402_300_800 }],
  ["LI-1: an unknown schema version", "SCHEMA_VERSION_UNKNOWN", { ver: 2 }],
  ["LI-1: an item that is not the product's", "UNKNOWN_ITEM", { item: "teleport", edition: undefined }],
  ["LI-1: an edition that is not the product's", "UNKNOWN_ITEM", { edition: "platinum" }],
  ["LI-1: a term that is not the product's", "TERM_NOT_ALLOWED", { term: "formal" }],
  ["a required unit that is not named", "UNIT_REQUIRED", { quotas: undefined }],
  ["LI-1: a trial above the product's", "TRIAL_ABOVE_PROFILE", { term: "trial", quotas: { hosts: 2 } }],
];

test("a license with a claim that cannot be is refused, each for its own reason", async (t) => {
  const rpc = await startRpcService(t);
  for (const [title, reason, changes] of CLAIMS) {
    t.is((await refusalOf(rpc, await sign(rpc, changes))).reason, reason, title);
  }
});

test("ZC-AM-5: a license for a USB key is refused when no key is inserted", async (t) => {
  const rpc = await startRpcService(t);
  const cnf = { jwk: { kty: "OKP", crv: "Ed25519", x: rpc.vendor.publicKeyX } };
  t.is((await refusalOf(rpc, await sign(rpc, { sub: "usb:K1", cnf }))).reason, "USB_KEY_NOT_INSERTED");
});

test("threat 28: a package above the cap is refused, and so is a message far above it", async (t) => {
  const rpc = await startRpcService(t, { packageMaxBytes: 2_048 });
  t.like(await refusalOf(rpc, "x".repeat(2_049)), { code: 3, reason: "PACKAGE_TOO_LARGE" });
  t.like(await refusalOf(rpc, Buffer.alloc(5 * 1024 * 1024)), { code: 8, reason: "REQUEST_TOO_LARGE" });
});

test("threat 4: a package that inflates to 1 GiB is refused", async (t) => {
  const rpc = await startRpcService(t);
  const { gzipSync } = await import("node:zlib");
  const part = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const bomb = Buffer.concat(Array.from({ length: 15 }, () => part));
  t.true(bomb.length <= 1024 * 1024);
  t.like(await refusalOf(rpc, bomb), { code: 3, reason: "PACKAGE_TOO_LARGE" });
});

test("ZC-AM-2: one bad file of five refuses all five, and the bad one is named", async (t) => {
  const rpc = await startRpcService(t);
  const now = secondsOf(rpc);
  const claims: readonly IssueClaims[] = [
    {},
    { item: "gpu" },
    { item: "sriov" },
    { item: "billing", exp: now - 1 },
    { item: "cdp" },
  ];
  const files = [];
  for (const [i, claim] of claims.entries()) {
    files.push({
      fileName: `license-${i}.jws`,
      signedBytes: await rpc.issue({ iat: now - 3_600, ...claim }),
    });
  }
  const error = await refusalOf(rpc, await packLicenses(files));
  t.is(error.reason, "ALREADY_EXPIRED");
  t.deepEqual(error.refusals, ["license-3.jws: ALREADY_EXPIRED"]);
  t.true(error.message.includes("license-3.jws"), error.message);
  t.is((await rpc.call("getLicenseRecords", { count: true })).total, 0n);
});

test("LI-8: broken bytes are the reason before anything else, and all reasons are in the details", async (t) => {
  const rpc = await startRpcService(t);
  const now = secondsOf(rpc);
  const files = [
    { fileName: "a-ended.jws", signedBytes: await rpc.issue({ iat: now - 100, exp: now - 1 }) },
    { fileName: "b-broken.jws", signedBytes: "not a license" },
    { fileName: "c-module.jws", signedBytes: await rpc.issue({ item: "gpu" }) },
    { fileName: "d-foreign.jws", signedBytes: await rpc.issue({ sub: `request:${"A".repeat(43)}` }) },
  ];
  const error = await refusalOf(rpc, await packLicenses(files));
  t.is(error.reason, "NOT_A_LICENSE");
  t.deepEqual(error.refusals, [
    "b-broken.jws: NOT_A_LICENSE",
    "d-foreign.jws: OTHER_PLATFORM",
    "a-ended.jws: ALREADY_EXPIRED",
  ]);
});

test("a refusal keeps what was granted: an ended renewal does not touch the license in force", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const now = secondsOf(rpc);
  t.is((await refusalOf(rpc, await rpc.issue({ iat: now - 10, exp: now - 1 }))).reason, "ALREADY_EXPIRED");
  const atTime = new Date(rpc.clock.now() + DAY_MS);
  const explained = await rpc.call("explainCapability", { key: "gpu", atTime });
  t.is(explained.licenses.length, 1);
});
