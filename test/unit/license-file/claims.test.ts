import test from "ava";
import type { License } from "../../../src/domain/license.ts";
import { verifyLicense } from "../../../src/license-file/verify-license.ts";
import {
  claimsFor,
  createTestPlatformKey,
  createTestVendor,
  issue,
  signAsLicense,
} from "../../helpers/vendor.ts";

const vendor = await createTestVendor();
const platform = await createTestPlatformKey();
const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
const MINIMAL = {
  ver: 1,
  iss: "Example Vendor",
  jti: "L-1",
  iat: 1767225600,
  sub: `request:${platform.thumbprint}`,
  profile: "zstack-cloud",
  item: "base",
  term: "paid",
  customer: "Example Customer",
};

async function verdictOn(overrides: Readonly<Record<string, unknown>>) {
  const payload = Object.fromEntries(
    Object.entries({ ...MINIMAL, ...overrides }).filter(([, v]) => v !== undefined),
  );
  return verifyLicense(await signAsLicense(vendor, payload), vendor.trust, expected);
}

/** "REASON claim", or "ACCEPTED". */
async function outcomeOf(overrides: Readonly<Record<string, unknown>>): Promise<string> {
  const verdict = await verdictOn(overrides);
  return "license" in verdict ? "ACCEPTED" : `${verdict.refusal.reason} ${verdict.refusal.claim}`;
}

async function licenseWith(overrides: Readonly<Record<string, unknown>>): Promise<License> {
  const verdict = await verdictOn(overrides);
  if ("refusal" in verdict) throw new Error(verdict.refusal.message);
  return verdict.license;
}

test("LI-1: a license with every claim is read into every field", async (t) => {
  const { id, ...license } = await licenseWith({
    nbf: 1767312000,
    exp: 1798848000,
    edition: "enterprise",
    term: "formal",
    from_edition: "standard",
    quotas: { cpus: 64, vms: 9007199254740991 },
    service_end: 1798761600,
    product_name: "Cloud 许可",
    contract_number: "C-1",
    authorization_code: "3130-1",
  });
  t.regex(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.deepEqual(license, {
    issuer: "Example Vendor",
    jti: "L-1",
    profile: "zstack-cloud",
    item: "base",
    edition: "enterprise",
    term: "formal",
    fromEdition: "standard",
    binding: { method: "request-code" },
    issuedAt: 1767225600000,
    startsAt: 1767312000000,
    endsAt: 1798848000000,
    quotas: new Map([
      ["cpus", 64n],
      ["vms", 9007199254740991n],
    ]),
    serviceEndsAt: 1798761600000,
    customer: "Example Customer",
    productName: "Cloud 许可",
    contractNumber: "C-1",
    authorizationCode: "3130-1",
  });
});

test("LI-1: without nbf a license starts when it was issued, without exp it has no end", async (t) => {
  const license = await licenseWith({});
  t.is(license.startsAt, license.issuedAt);
  t.is(license.endsAt, undefined);
  t.is(license.quotas.size, 0);
  t.is(license.edition, undefined);
});

for (const claim of ["ver", "iss", "jti", "iat", "sub", "profile", "item", "term", "customer"]) {
  test(`LI-1: a license without ${claim} is refused, and the refusal names the claim`, async (t) => {
    t.is(await outcomeOf({ [claim]: undefined }), `CLAIM_MISSING ${claim}`);
    t.is(await outcomeOf({ [claim]: null }), `CLAIM_INVALID ${claim}`);
    t.is(await outcomeOf({ [claim]: [] }), `CLAIM_INVALID ${claim}`);
  });
}

for (const claim of ["nbf", "exp", "iat", "service_end"]) {
  test(`LI-1: ${claim} is a whole number of seconds from 1970 to 9999`, async (t) => {
    t.is(await outcomeOf({ [claim]: 0 }), "ACCEPTED");
    t.is(await outcomeOf({ [claim]: 253402300799 }), "ACCEPTED");
    for (const value of [-1, 0.5, 253402300800, 1e300, "1767225600", "2026-01-01", true, {}]) {
      t.is(await outcomeOf({ [claim]: value }), `CLAIM_INVALID ${claim}`, JSON.stringify(value));
    }
  });
}

for (const claim of ["iss", "jti", "customer", "product_name", "contract_number", "authorization_code"]) {
  test(`LI-1: ${claim} is a text without control or direction characters, of limited length`, async (t) => {
    for (const value of [
      "",
      "  ",
      "a\nb",
      "\u001b[2J",
      "a\u202Eb",
      "\u0000",
      "\u2028",
      "x".repeat(257),
      1,
      {},
    ]) {
      t.is(await outcomeOf({ [claim]: value }), `CLAIM_INVALID ${claim}`, JSON.stringify(value));
    }
  });
}

for (const claim of ["profile", "item", "edition", "from_edition"]) {
  test(`LI-1: ${claim} is a name of lower-case letters, digits and hyphens`, async (t) => {
    for (const value of ["", "Base", "ba se", "-base", "base-", "bäse", "x".repeat(65), 5]) {
      t.is(await outcomeOf({ [claim]: value }), `CLAIM_INVALID ${claim}`, JSON.stringify(value));
    }
  });
}

test("LI-1: term is one of the four", async (t) => {
  for (const term of ["trial", "paid", "temporary", "formal"]) t.is(await outcomeOf({ term }), "ACCEPTED");
  for (const term of ["Paid", "free", "", "toString"]) t.is(await outcomeOf({ term }), "CLAIM_INVALID term");
});

test("LI-1: sub is the full thumbprint of a platform or a USB key's id", async (t) => {
  for (const sub of [
    platform.thumbprint,
    "request:",
    "request:abc",
    `request:${platform.thumbprint}A`,
    "usb:",
    "usb:a b",
    "key:x",
  ]) {
    t.is(await outcomeOf({ sub }), "CLAIM_INVALID sub", sub);
  }
});

test("LI-1: cnf is required for a USB key, forbidden for a request code, and holds a sound public key", async (t) => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: platform.publicKeyX };
  const p256 = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) };
  const sub = "usb:KEY-1";
  t.is(await outcomeOf({ sub, cnf: { jwk } }), "ACCEPTED");
  t.is(await outcomeOf({ sub, cnf: { jwk: p256 } }), "ACCEPTED");
  t.is(await outcomeOf({ sub }), "CLAIM_MISSING cnf");
  t.is(await outcomeOf({ cnf: { jwk } }), "CLAIM_INVALID cnf");
  t.is(await outcomeOf({ sub, cnf: { jwk: { ...jwk, x: "A".repeat(43) } } }), "CLAIM_INVALID cnf.jwk.x");
  t.is(await outcomeOf({ sub, cnf: { jwk: { ...jwk, d: jwk.x } } }), "CLAIM_INVALID cnf.jwk.d");
  t.is(await outcomeOf({ sub, cnf: { jwk: { kty: "RSA" } } }), "CLAIM_INVALID cnf.jwk.kty");
  t.is(await outcomeOf({ sub, cnf: "key" }), "CLAIM_INVALID cnf");
});

test("LI-1: unknown claims are ignored", async (t) => {
  t.is(await outcomeOf({ color: "blue", nested: { constructor: 1 }, toString: 1 }), "ACCEPTED");
});

test("LI-1: an unknown schema version is refused before anything else is judged", async (t) => {
  for (const ver of [0, 2, -1, 2 ** 53 - 1]) {
    t.is(await outcomeOf({ ver, item: undefined, customer: 7 }), "SCHEMA_VERSION_UNKNOWN ver", String(ver));
  }
  for (const ver of ["1", 1.5, true]) t.is(await outcomeOf({ ver }), "CLAIM_INVALID ver", String(ver));
});

test("threat 29: amounts are whole numbers from 1 to 2^53 - 1, and anything else names its unit", async (t) => {
  for (const cpus of [1, 2 ** 53 - 1]) t.is(await outcomeOf({ quotas: { cpus } }), "ACCEPTED", String(cpus));
  for (const cpus of [0, -1, 1.5, 2 ** 53, 1e21, 1e308, "64", null, true, [64], { amount: 64 }]) {
    t.is(await outcomeOf({ quotas: { cpus } }), "CLAIM_INVALID quotas.cpus", JSON.stringify(cpus));
  }
});

test("threat 29: 2^53 + 1 CPUs, which JSON.parse would round, are refused as such", async (t) => {
  const payload = JSON.stringify({ ...MINIMAL, quotas: { cpus: 7 } }).replace(":7}", ":9007199254740993}");
  const encoded = Buffer.from(payload).toString("base64url");
  const [header] = (await issue(vendor, platform.thumbprint)).split(".");
  const input = Buffer.from(`${header}.${encoded}`);
  const signature = Buffer.from(await crypto.subtle.sign("Ed25519", vendor.authority.privateKey, input));
  const text = `${input}.${signature.toString("base64url")}`;
  t.like(await verifyLicense(text, vendor.trust, expected), {
    refusal: { reason: "CLAIM_INVALID", claim: "quotas.cpus" },
  });
});

test("threat 29: units are names, and at most 16", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`u${index}`, 1]));
  t.is(await outcomeOf({ quotas: many }), "CLAIM_INVALID quotas");
  t.is(await outcomeOf({ quotas: { CPUs: 1 } }), "CLAIM_INVALID quotas.CPUs");
  t.is(await outcomeOf({ quotas: [64] }), "CLAIM_INVALID quotas");
  t.is(await outcomeOf({ quotas: {} }), "ACCEPTED");
});

test("threat 29: instants up to the year 9999 are exact, and a window is handed on as it is", async (t) => {
  const license = await licenseWith({ nbf: 253402300799, exp: 0 });
  t.is(license.startsAt, Date.UTC(9999, 11, 31, 23, 59, 59));
  t.is(license.endsAt, 0);
});

test("a claim's refusal says what the claim must be, and holds no control character of its name", async (t) => {
  const verdict = await verdictOn({ quotas: { ["\u001b[2J".repeat(1000)]: 1 } });
  if ("license" in verdict) return t.fail("it was accepted");
  t.regex(verdict.refusal.message, /^The claim quotas\.\\u\{1b\}.{1,120} must be .+\.$/);
  t.true((verdict.refusal.claim ?? "").length <= 60);
});

test("the same bytes have the same id, other bytes another", async (t) => {
  const one = await licenseWith({});
  t.is((await licenseWith({})).id, one.id);
  t.not((await licenseWith({ jti: "L-2" })).id, one.id);
});

test("the claims of the test helper are those of a license that is accepted", async (t) => {
  t.is(await outcomeOf({ ...claimsFor(platform.thumbprint) }), "ACCEPTED");
});
