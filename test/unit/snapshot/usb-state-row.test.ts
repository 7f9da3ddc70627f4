/** Which signed state of the USB keys is believed. */
import test from "ava";
import { NO_USB_STATE, newKeyState, type UsbState } from "../../../src/domain/usb/usb-state.ts";
import { signUsbState } from "../../../src/platform/usb-rows.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { readLicenseState } from "../../../src/snapshot/license-state.ts";
import { createRowVerifier } from "../../../src/snapshot/row-verifier.ts";
import { createFakeStore } from "../../helpers/fake-store.ts";
import { createTestPlatformKey, createTestVendor, ISSUED_AT } from "../../helpers/vendor.ts";

const STATE: UsbState = { ...NO_USB_STATE, status: "MISSING" };

async function prepare() {
  const key = await createTestPlatformKey();
  const { trust } = await createTestVendor();
  const profile = loadProfile("zstack-cloud");
  const expected = { thumbprint: key.thumbprint, profile: profile.name };
  const rows = createRowVerifier({ trust, expected, publicKeyX: key.publicKeyX });
  const trusted = { hasAnchors: true, isTestVendorTrusted: false };
  const context = { profile, productVersion: undefined, trust: trusted, rows };
  const { state: stored } = await createFakeStore(key, ISSUED_AT);
  /** A stored state at a revision, with one of the keys signed at another. */
  const at = async (revision: bigint, signedAt: bigint, epoch = 1n, state = STATE) => ({
    ...stored,
    revision: { ...stored.revision, epoch, revision },
    usbState: await signUsbState(key, state, signedAt),
  });
  const isBelieved = async (usb: Partial<typeof stored>) => {
    const { usb: state, tampered } = await readLicenseState(context, { ...stored, ...usb });
    return state !== undefined && tampered.length === 0;
  };
  const alertsOf = async (usb: Partial<typeof stored>) =>
    (await readLicenseState(context, { ...stored, ...usb })).alerts;
  return { rows, at, isBelieved, alertsOf };
}

test("EV-8: a state that was taken away counts as changed, and every key gives nothing", async (t) => {
  const { isBelieved } = await prepare();
  t.true(await isBelieved({}));
  t.false(await isBelieved({ usbState: undefined }));
  t.false(await isBelieved({ usbState: "" }));
  t.true(await isBelieved({ usbState: null }));
});

test("EV-8: a history that was written anew stays an alert for as long as it costs buffers", async (t) => {
  const { at, alertsOf } = await prepare();
  const historyLostAt = ISSUED_AT;
  const lost = await at(5n, 5n, 1n, { ...STATE, historyLostAt });
  t.like(await alertsOf(lost), [{ kind: "TAMPERED_ROW", subject: "usb_state", since: historyLostAt }]);
  t.deepEqual(await alertsOf(await at(5n, 5n)), []);
});

test("threat 18, threat 20: a key that gave rights elsewhere under this platform's name is an alert", async (t) => {
  const { at, alertsOf } = await prepare();
  const key = { ...newKeyState({ keyId: "KEY-1", thumbprint: "thumbprint" }), aheadAt: ISSUED_AT };
  const [alert, ...others] = await alertsOf(await at(5n, 5n, 1n, { ...STATE, keys: [key] }));
  t.like(alert, { kind: "USB_KEY_AHEAD", subject: "KEY-1", since: ISSUED_AT });
  t.deepEqual(others, []);
});

test("EV-8: a state signed for a revision that is yet to come is not believed", async (t) => {
  const { at, isBelieved } = await prepare();
  t.true(await isBelieved(await at(5n, 5n)));
  t.false(await isBelieved(await at(5n, 6n)));
});

test("threat 17: an older state put back under the epoch of a later one is not believed", async (t) => {
  const { rows, at, isBelieved } = await prepare();
  await rows.adoptUsbState(await at(5n, 5n));
  t.false(await isBelieved(await at(5n, 4n)));
  t.false(await isBelieved(await at(9n, 4n)));
  t.true(await isBelieved(await at(9n, 5n)));
  t.true(await isBelieved(await at(9n, 8n)));
});

test("threat 17: another state signed for the very revision of the one that was seen is not believed", async (t) => {
  const { rows, at, isBelieved } = await prepare();
  await rows.adoptUsbState(await at(5n, 5n));
  t.false(await isBelieved(await at(6n, 5n, 1n, { ...STATE, status: "READY" })));
});

test("threat 17: the revision of the store, edited together with the state, makes no older one believed", async (t) => {
  const { rows, at, isBelieved } = await prepare();
  await rows.adoptUsbState(await at(5n, 5n));
  t.false(await isBelieved(await at(3n, 3n)));
  await rows.adoptUsbState(await at(3n, 3n));
  t.false(await isBelieved(await at(5n, 3n)));
  t.true(await isBelieved(await at(5n, 5n)));
});

test("threat 18: under a new epoch the restored state counts", async (t) => {
  const { rows, at, isBelieved } = await prepare();
  await rows.adoptUsbState(await at(5n, 5n));
  t.true(await isBelieved(await at(5n, 3n, 2n)));
  await rows.adoptUsbState(await at(5n, 3n, 2n));
  t.true(await isBelieved(await at(6n, 6n, 2n)));
  t.false(await isBelieved(await at(6n, 2n, 2n)));
});
