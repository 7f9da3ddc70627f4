import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import test from "ava";
import type { RefusalReason } from "../../../src/domain/refusal.ts";
import { verifyLicense } from "../../../src/license-file/verify-license.ts";
import {
  claimsFor,
  createTestPlatformKey,
  createTestVendor,
  ISSUED_AT,
  issue,
  signAsLicense,
} from "../../helpers/vendor.ts";

const PEM = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const vendor = await createTestVendor({ pem: PEM });
const platform = await createTestPlatformKey();
const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
// Of five tildes, three stand together in base64url as "fn5-": a character that other alphabets write differently.
const good = await issue(vendor, platform.thumbprint, { customer: "Example Customer ~~~~~" });
const [goodHeader = "", goodPayload = "", goodSignature = ""] = good.split(".");

const HEADER = { alg: "EdDSA", typ: "license+jwt", kid: "vendor-1" };

/** Signs exactly these texts with the vendor's key, whatever they say. */
function signRaw(header: string, payload: string): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), PEM).toString("base64url")}`;
}

function signWithHeader(header: Readonly<Record<string, unknown>>): string {
  return signRaw(JSON.stringify(header), Buffer.from(goodPayload, "base64url").toString());
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

async function reasonOf(
  text: string,
  trust = vendor.trust,
  on = expected,
): Promise<RefusalReason | "ACCEPTED"> {
  const verdict = await verifyLicense(text, trust, on);
  return "license" in verdict ? "ACCEPTED" : verdict.refusal.reason;
}

test("a license that its vendor signed for this platform is accepted, also when the test signs it by hand", async (t) => {
  t.is(await reasonOf(good), "ACCEPTED");
  t.is(await reasonOf(signWithHeader(HEADER)), "ACCEPTED");
});

test("threat 5: alg none is refused, with and without a signature", async (t) => {
  for (const alg of ["none", "None", "NONE", ""]) {
    const header = base64url(JSON.stringify({ ...HEADER, alg }));
    t.is(await reasonOf(`${header}.${goodPayload}.`), "HEADER_NOT_ALLOWED");
    t.is(await reasonOf(`${header}.${goodPayload}.${goodSignature}`), "HEADER_NOT_ALLOWED");
  }
});

test("threat 5: HS256 keyed with the vendor's public key is refused", async (t) => {
  const input = `${base64url(JSON.stringify({ ...HEADER, alg: "HS256" }))}.${goodPayload}`;
  const keys = [vendor.authority.publicKeyX, Buffer.from(vendor.authority.publicKeyX, "base64url")];
  for (const key of keys) {
    const mac = createHmac("sha256", key).update(input).digest("base64url");
    t.is(await reasonOf(`${input}.${mac}`), "HEADER_NOT_ALLOWED");
  }
});

test("threat 5: other algorithms are refused, even over a signature that is right", async (t) => {
  for (const alg of ["Ed25519", "ES256", "RS256", "eddsa", ["EdDSA"], null, 1]) {
    t.is(await reasonOf(signWithHeader({ ...HEADER, alg })), "HEADER_NOT_ALLOWED", String(alg));
  }
});

test("threat 5: a key that the license brings itself is refused", async (t) => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: vendor.authority.publicKeyX };
  for (const extra of [
    { jwk },
    { jku: "https://example.com/keys" },
    { x5u: "https://example.com/cert" },
    { x5c: ["AAAA"] },
    { x5t: "AAAA" },
  ]) {
    t.is(
      await reasonOf(signWithHeader({ ...HEADER, ...extra })),
      "HEADER_NOT_ALLOWED",
      JSON.stringify(extra),
    );
  }
});

test("threat 5: crit, b64 and any other header parameter are refused", async (t) => {
  for (const extra of [
    { crit: ["exp"], exp: 1 },
    { crit: [] },
    { b64: false, crit: ["b64"] },
    { b64: true },
    { cty: "JWT" },
  ]) {
    t.is(
      await reasonOf(signWithHeader({ ...HEADER, ...extra })),
      "HEADER_NOT_ALLOWED",
      JSON.stringify(extra),
    );
  }
});

test("threat 5: an unencoded payload (b64 false) is refused", async (t) => {
  const header = base64url(JSON.stringify({ ...HEADER, b64: false, crit: ["b64"] }));
  const payload = JSON.stringify(claimsFor(platform.thumbprint));
  const signature = sign(null, Buffer.from(`${header}.${payload}`), PEM).toString("base64url");
  t.is(await reasonOf(`${header}.${payload}.${signature}`), "NOT_A_LICENSE");
});

test("threat 5: a swapped or missing typ is refused", async (t) => {
  for (const typ of [
    "JWT",
    "LICENSE+JWT",
    "application/license+jwt",
    "first-start+jwt",
    undefined,
    ["license+jwt"],
  ]) {
    t.is(await reasonOf(signWithHeader({ ...HEADER, typ })), "HEADER_NOT_ALLOWED", String(typ));
  }
});

test("threat 5: a kid that is no plain text finds no key", async (t) => {
  for (const kid of [["vendor-1"], { toString: "vendor-1" }, null, 1, "", undefined, "v".repeat(129)]) {
    t.is(await reasonOf(signWithHeader({ ...HEADER, kid })), "HEADER_NOT_ALLOWED", JSON.stringify(kid));
  }
  for (const kid of ["__proto__", "constructor", "toString", "vendor-1 ", "VENDOR-1", "vendor-1\u0000"]) {
    t.is(await reasonOf(signWithHeader({ ...HEADER, kid })), "UNKNOWN_VENDOR_KEY", kid);
  }
});

test("threat 6: a header that is not in canonical form is refused", async (t) => {
  const payload = Buffer.from(goodPayload, "base64url").toString();
  for (const header of [
    '{"alg":"none","alg":"EdDSA","typ":"license+jwt","kid":"vendor-1"}',
    '{"alg": "EdDSA","typ":"license+jwt","kid":"vendor-1"}',
    '{"alg":"EdDSA","typ":"license+jwt","kid":"vendor-1","__proto__":{}}',
  ]) {
    t.is(await reasonOf(signRaw(header, payload)), "HEADER_NOT_ALLOWED", header);
  }
  for (const header of ["[]", "null", '"EdDSA"', "{", ""]) {
    t.is(await reasonOf(signRaw(header, payload)), "NOT_A_LICENSE", header);
  }
});

test("threat 6: a payload that readers could understand differently is refused though its signature is right", async (t) => {
  const payload = Buffer.from(goodPayload, "base64url").toString();
  const variants: [string, RefusalReason][] = [
    [payload.replace('"quotas":{"cpus":64}', '"quotas":{"cpus":64,"cpus":6400}'), "NOT_A_LICENSE"],
    [payload.replace('"exp":', '"exp":1,"exp":'), "NOT_A_LICENSE"],
    [payload.replace(/"exp":\d+/, '"exp":1e400'), "CLAIM_INVALID"],
    [payload.replace("Example Customer", "\\ud800"), "CLAIM_INVALID"],
    [payload.replace("{", '{"__proto__":{"exp":null},'), "CLAIM_INVALID"],
    [`${payload}\n`, "NOT_A_LICENSE"],
    [`${payload}{}`, "NOT_A_LICENSE"],
    [payload.replace("Example", "\\u0045xample"), "NOT_A_LICENSE"],
    ["[]", "NOT_A_LICENSE"],
    ["null", "NOT_A_LICENSE"],
  ];
  for (const [variant, reason] of variants) {
    t.not(variant, payload);
    t.is(await reasonOf(signRaw(JSON.stringify(HEADER), variant)), reason, variant);
  }
});

test("threat 6: what was signed is checked before it is parsed: a bad payload with a bad signature is a bad signature", async (t) => {
  const forged = `${goodHeader}.${base64url('{"a":1,"a":2}')}.${goodSignature}`;
  t.is(await reasonOf(forged), "SIGNATURE_INVALID");
});

test("LI-1: base64url that is not canonical is refused in each of the three parts", async (t) => {
  // The last of 86 characters carries two bits of the signature; the next letter differs in the unused ones.
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(
    goodSignature.slice(-1),
  );
  const lastChanged =
    goodSignature.slice(0, -1) +
    "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".charAt(last);
  t.deepEqual(Buffer.from(lastChanged, "base64url"), Buffer.from(goodSignature, "base64url"));
  for (const text of [
    `${goodHeader}.${goodPayload}.${lastChanged}`,
    `${goodHeader}=.${goodPayload}.${goodSignature}`,
    `${goodHeader}.${goodPayload}.${goodSignature}==`,
    `${goodHeader}. ${goodPayload}.${goodSignature}`,
    `${goodHeader}.${goodPayload}\n.${goodSignature}`,
    `${goodHeader}.${goodPayload}.${goodSignature.slice(0, 9)}\n${goodSignature.slice(9)}`,
    good.replace("-", "+"),
  ]) {
    t.is(await reasonOf(text), "NOT_A_LICENSE", text);
  }
});

test("texts that are no three parts are no licenses", async (t) => {
  for (const text of [
    "",
    ".",
    "..",
    "a.b",
    `${good}.`,
    `${good}.${goodPayload}`,
    `${goodHeader}..${goodSignature}`,
    "%PDF-1.7",
  ]) {
    t.is(await reasonOf(text), "NOT_A_LICENSE", text);
  }
});

test("a signature of another key, of another license or of a wrong length is refused", async (t) => {
  const stranger = await createTestVendor();
  const other = (await issue(vendor, platform.thumbprint, { jti: "other" })).split(".")[2];
  t.is(await reasonOf(await issue(stranger, platform.thumbprint)), "SIGNATURE_INVALID");
  t.is(await reasonOf(`${goodHeader}.${goodPayload}.${other}`), "SIGNATURE_INVALID");
  t.is(await reasonOf(`${goodHeader}.${goodPayload}.`), "SIGNATURE_INVALID");
  t.is(await reasonOf(`${goodHeader}.${goodPayload}.AAAA`), "SIGNATURE_INVALID");
});

test("threat 9: a license of an own anchor, of no anchor and of a test vendor each has its own refusal", async (t) => {
  const own = await createTestVendor({ keyId: "own" });
  const none = { anchors: new Map(), isTestVendorTrusted: false };
  const tester = await createTestVendor({ keyId: "test-1", isTestVendorTrusted: true });
  const testLicense = await issue(tester, platform.thumbprint);
  t.is(await reasonOf(await issue(own, platform.thumbprint)), "UNKNOWN_VENDOR_KEY");
  t.is(await reasonOf(good, none), "NO_TRUST_ANCHORS");
  t.is(await reasonOf(testLicense), "TEST_VENDOR");
  t.is(await reasonOf(testLicense, none), "TEST_VENDOR");
  t.is(await reasonOf(testLicense, tester.trust), "ACCEPTED");
  t.is(await reasonOf(testLicense, { anchors: new Map(), isTestVendorTrusted: true }), "NO_TRUST_ANCHORS");
});

test("a license issued outside the validity of the vendor's key is refused", async (t) => {
  const second = 1000;
  const verdictFor = async (notBefore: number, notAfter: number) => {
    const limited = await createTestVendor({ pem: PEM, notBefore, notAfter });
    return reasonOf(good, limited.trust);
  };
  t.is(await verdictFor(ISSUED_AT, ISSUED_AT + second), "ACCEPTED");
  t.is(await verdictFor(ISSUED_AT + second, ISSUED_AT + 2 * second), "VENDOR_KEY_NOT_VALID");
  t.is(await verdictFor(0, ISSUED_AT), "VENDOR_KEY_NOT_VALID");
});

test("a vendor cannot sign in another vendor's name", async (t) => {
  const renamed = await createTestVendor({ pem: PEM, issuer: "Other Vendor" });
  const verdict = await verifyLicense(good, renamed.trust, expected);
  t.like(verdict, { refusal: { reason: "CLAIM_INVALID", claim: "iss" } });
});

test("LI-1: a license for another product, by profile or by aud, is refused", async (t) => {
  const other = await verifyLicense(good, vendor.trust, { ...expected, profile: "zstack-3" });
  t.like(other, { refusal: { reason: "OTHER_PRODUCT", claim: "profile" } });
  const aud = await issue(vendor, platform.thumbprint, { aud: "zstack-3" });
  t.like(await verifyLicense(aud, vendor.trust, expected), {
    refusal: { reason: "OTHER_PRODUCT", claim: "aud" },
  });
  t.is(await reasonOf(await issue(vendor, platform.thumbprint, { aud: "zstack-cloud" })), "ACCEPTED");
  const list = await signAsLicense(vendor, { ...payloadOf(good), aud: ["zstack-cloud"] });
  t.like(await verifyLicense(list, vendor.trust, expected), {
    refusal: { reason: "CLAIM_INVALID", claim: "aud" },
  });
});

test("LI-1: a license for another platform is refused, one for a USB key is left to the rules of keys", async (t) => {
  const other = await createTestPlatformKey();
  t.is(await reasonOf(await issue(vendor, other.thumbprint)), "OTHER_PLATFORM");
  const cnf = { jwk: { kty: "OKP", crv: "Ed25519", x: other.publicKeyX } } as const;
  const forKey = await issue(vendor, platform.thumbprint, { sub: "usb:KEY-000042", cnf });
  t.like(await verifyLicense(forKey, vendor.trust, expected), {
    license: { binding: { method: "usb-key", keyId: "KEY-000042" } },
  });
});

test("every refusal is a sentence, and holds nothing of a text that is as long as a file can be", async (t) => {
  const kid = `x\u001b[31m${"y".repeat(100)}`;
  const texts = [
    "",
    "x".repeat(60_000),
    signWithHeader({ ...HEADER, kid }),
    signWithHeader({ ...HEADER, ["z".repeat(50_000)]: 1 }),
  ];
  for (const text of texts) {
    const verdict = await verifyLicense(text, vendor.trust, expected);
    if ("license" in verdict) return t.fail("it was accepted");
    t.regex(verdict.refusal.message, /^[A-Z][\x20-\x7e…]{20,300}\.$/);
  }
});

function payloadOf(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString());
}
