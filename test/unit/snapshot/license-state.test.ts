import test from "ava";
import { readLicenseState } from "../../../src/snapshot/license-state.ts";
import type { StoredLicense, StoredState } from "../../../src/store/types.ts";
import { createTestPlatform, type TestPlatform } from "../../helpers/test-hub.ts";
import { createTestVendor, ISSUED_AT, issue } from "../../helpers/vendor.ts";

async function withOneLicense(): Promise<{ platform: TestPlatform; license: StoredLicense }> {
  const platform = await createTestPlatform(ISSUED_AT);
  await platform.install({});
  const [license] = platform.store.state.licenses;
  if (license === undefined) throw new Error("the license was not stored");
  return { platform, license };
}

function edited({ store }: TestPlatform, license: StoredLicense): StoredState {
  return { ...store.state, licenses: [license] };
}

async function outcomeOf({ context }: TestPlatform, stored: StoredState) {
  const state = await readLicenseState(context, stored);
  return {
    licenses: state.licenses.length,
    unverified: state.unverified.length,
    alerts: state.alerts.map(({ kind, subject }) => `${kind} ${subject}`),
  };
}

test("a state as uploads left it verifies without alerts", async (t) => {
  const { platform } = await withOneLicense();
  t.deepEqual(await outcomeOf(platform, platform.store.state), { licenses: 1, unverified: 0, alerts: [] });
});

test("EV-8: a license whose row says another upload sequence does not run", async (t) => {
  const { platform, license } = await withOneLicense();
  t.deepEqual(await outcomeOf(platform, edited(platform, { ...license, uploadSequence: 2 })), {
    licenses: 0,
    unverified: 1,
    alerts: [`TAMPERED_ROW ${license.id}`],
  });
});

test("EV-8: a license whose signed bytes were changed does not run", async (t) => {
  const { platform, license } = await withOneLicense();
  const [header, , signature] = license.signedBytes.split(".");
  const payload = Buffer.from(JSON.stringify({ item: "base", quotas: { cpus: 1_000_000 } })).toString(
    "base64url",
  );
  const forged = { ...license, signedBytes: `${header}.${payload}.${signature}` };
  t.deepEqual(await outcomeOf(platform, edited(platform, forged)), {
    licenses: 0,
    unverified: 1,
    alerts: [`TAMPERED_ROW ${license.id}`],
  });
});

test("EV-8: a good license put by hand into the row of another does not run", async (t) => {
  const { platform, license } = await withOneLicense();
  const swapped = { ...license, signedBytes: await platform.issue({ quotas: { cpus: 1_000 } }) };
  t.is((await outcomeOf(platform, edited(platform, swapped))).licenses, 0);
});

test("EV-8: a good license written into the database past the upload does not run", async (t) => {
  const { platform, license } = await withOneLicense();
  const other = await createTestPlatform(ISSUED_AT);
  await other.install({});
  const [foreign] = other.store.state.licenses;
  const planted = { ...license, sequenceJws: foreign?.sequenceJws ?? "" };
  t.is((await outcomeOf(platform, edited(platform, planted))).licenses, 0);
  t.is((await outcomeOf(platform, edited(platform, { ...license, sequenceJws: "" }))).licenses, 0);
});

test("EV-8: a first start that is not the signed one counts as long ago, and raises an alert", async (t) => {
  const { platform } = await withOneLicense();
  const { store, context } = platform;
  const stored = { ...store.state, platform: { ...store.state.platform, firstStartAt: ISSUED_AT + 1 } };
  const state = await readLicenseState(context, stored);
  t.is(state.facts.firstStartAt, undefined);
  t.deepEqual(
    state.alerts.map(({ kind, subject }) => `${kind} ${subject}`),
    ["TAMPERED_ROW platform"],
  );
  t.is(state.licenses.length, 1);
});

test("EV-8: rows are verified by the platform's own key, not by the one that the database names", async (t) => {
  const { platform } = await withOneLicense();
  const forger = await createTestPlatform(ISSUED_AT);
  const stored = { ...platform.store.state, platform: forger.store.state.platform };
  const state = await readLicenseState(platform.context, stored);
  t.is(state.facts.firstStartAt, undefined);
});

test("threat 9: a license of a vendor that is no longer believed gives nothing, and is named", async (t) => {
  const { platform, license } = await withOneLicense();
  const stranger = await createTestVendor({ keyId: "stranger" });
  const signedBytes = await issue(stranger, "x".repeat(43));
  const outcome = await outcomeOf(platform, edited(platform, { ...license, signedBytes }));
  t.deepEqual(outcome, { licenses: 0, unverified: 1, alerts: [`TAMPERED_ROW ${license.id}`] });
});

test("a server without vendor keys and one that believes a test vendor say so", async (t) => {
  const { context, store } = await createTestPlatform(ISSUED_AT);
  const kinds = async (hasAnchors: boolean, isTestVendorTrusted: boolean) => {
    const state = await readLicenseState(
      { ...context, trust: { hasAnchors, isTestVendorTrusted } },
      store.state,
    );
    return state.alerts.map(({ kind }) => kind);
  };
  t.deepEqual(await kinds(true, false), []);
  t.deepEqual(await kinds(false, false), ["NO_TRUST_ANCHORS"]);
  t.deepEqual(await kinds(true, true), ["TEST_VENDOR_TRUSTED"]);
});

test("a text is verified once, however often the state is read, and forgotten when it is gone", async (t) => {
  const { platform } = await withOneLicense();
  const { context, store } = platform;
  const first = context.rows.verifyLicense(store.state.licenses[0]?.signedBytes ?? "");
  await readLicenseState(context, store.state);
  t.is(context.rows.verifyLicense(store.state.licenses[0]?.signedBytes ?? ""), first);
  await readLicenseState(context, { ...store.state, licenses: [] });
  t.not(context.rows.verifyLicense(store.state.licenses[0]?.signedBytes ?? ""), first);
});
