import test from "ava";
import { type JwsType, signCompactJws } from "../../../src/license-file/compact-jws.ts";
import { importPublicKey } from "../../../src/license-file/ed25519-key.ts";
import { verifyLicense } from "../../../src/license-file/verify-license.ts";
import { parseRequestCode, requestCodeOf } from "../../../src/platform/request-code.ts";
import { signRow, verifyRow } from "../../../src/platform/signed-row.ts";
import { createTestPlatformKey, createTestVendor, issue } from "../../helpers/vendor.ts";

const key = await createTestPlatformKey();

test("EV-8: a row says what was signed, and nothing else", async (t) => {
  const facts = { licenseId: "8a", uploadSequence: 7, revision: 2 ** 53 - 1 };
  const row = await signRow(key, "upload-sequence", facts);
  t.deepEqual(await verifyRow(key.publicKeyX, "upload-sequence", row), facts);
  t.is(await signRow(key, "upload-sequence", facts), row);
});

test("EV-8: a row with any character changed, or cut, does not verify", async (t) => {
  const row = await signRow(key, "first-start", { at: 1767225600000 });
  for (let at = 0; at < row.length; at += 1) {
    const changed = row.charAt(at) === "A" ? "B" : "A";
    t.is(
      await verifyRow(key.publicKeyX, "first-start", row.slice(0, at) + changed + row.slice(at + 1)),
      undefined,
    );
    t.is(await verifyRow(key.publicKeyX, "first-start", row.slice(0, at)), undefined);
  }
});

test("EV-8: a row of another platform does not verify, nor does any under a key that is none", async (t) => {
  const other = await createTestPlatformKey();
  const row = await signRow(key, "first-start", { at: 1 });
  t.is(await verifyRow(other.publicKeyX, "first-start", row), undefined);
  t.deepEqual(await verifyRow(key.publicKeyX, "first-start", row), { at: 1 });
  for (const x of ["", "A".repeat(43), "hello"]) t.is(await verifyRow(x, "first-start", row), undefined);
  const stolenName = await signRow({ ...other, thumbprint: key.thumbprint }, "first-start", { at: 2 });
  t.is(await verifyRow(key.publicKeyX, "first-start", stolenName), undefined);
});

test("a row of another version, or with facts that are no texts or whole numbers, does not verify", async (t) => {
  const signer = { keyId: key.thumbprint, privateKey: key.privateKey };
  for (const payload of [
    { at: 1 },
    { ver: 2, at: 1 },
    { ver: 1, at: 1.5 },
    { ver: 1, at: null },
    { ver: 1, at: {} },
  ]) {
    const row = await signCompactJws(signer, "first-start+jwt", payload);
    t.is(await verifyRow(key.publicKeyX, "first-start", row), undefined, JSON.stringify(payload));
  }
});

/** Signs one payload as every kind of artefact, and asks each reader which of them it takes. */
async function acceptedAs(payload: Readonly<Record<string, unknown>>, keyId: string): Promise<string[]> {
  const vendor = await createTestVendor({ keyId });
  const trust = { anchors: new Map([[keyId, await anchorFor(vendor, keyId)]]), isTestVendorTrusted: false };
  const expected = { thumbprint: key.thumbprint, profile: "zstack-cloud" };
  const types: JwsType[] = ["license+jwt", "license-request+jwt", "first-start+jwt", "upload-sequence+jwt"];
  const accepted: string[] = [];
  for (const type of types) {
    const text = await signCompactJws({ keyId, privateKey: key.privateKey }, type, payload);
    if ("license" in (await verifyLicense(text, trust, expected))) accepted.push(`${type} as license`);
    if ((await parseRequestCode(text)) !== undefined) accepted.push(`${type} as request code`);
    for (const kind of ["first-start", "upload-sequence"] as const) {
      if ((await verifyRow(key.publicKeyX, kind, text)) !== undefined) accepted.push(`${type} as ${kind}`);
    }
  }
  return accepted;
}

/** The worst case: one key is vendor and platform at once, so that only the type tells artefacts apart. */
async function anchorFor(vendor: Awaited<ReturnType<typeof createTestVendor>>, keyId: string) {
  const publicKey = await importPublicKey(key.publicKeyX);
  if (publicKey === undefined) throw new Error("the test's key is not sound");
  return { ...vendor.authority, keyId, publicKey };
}

test("threat 10: under one and the same key each artefact serves in its own slot only", async (t) => {
  const claims = payloadOf(await issue(await createTestVendor(), key.thumbprint));
  t.deepEqual(await acceptedAs(claims, key.thumbprint), ["license+jwt as license"]);
  const request = payloadOf(await requestCodeOf(key, "zstack-cloud"));
  t.deepEqual(await acceptedAs(request, key.thumbprint), ["license-request+jwt as request code"]);
  t.deepEqual(await acceptedAs({ ver: 1, at: 1 }, key.thumbprint), [
    "first-start+jwt as first-start",
    "upload-sequence+jwt as upload-sequence",
  ]);
});

function payloadOf(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString());
}
