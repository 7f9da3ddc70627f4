import test from "ava";
import { admitPackage } from "../../../../src/domain/admit.ts";
import type { License } from "../../../../src/domain/license.ts";
import { displacedBy, keysOf, rememberTaken } from "../../../../src/domain/usb/taken.ts";
import { NO_USB_STATE, newKeyState } from "../../../../src/domain/usb/usb-state.ts";
import { loadProfile } from "../../../../src/profiles/load-profile.ts";
import { day, makeLicense } from "../_licenses.ts";
import { keyLicense } from "./_key-license.ts";

const PROFILE = loadProfile("zstack-cloud");

function nameOf({ binding }: License) {
  if (binding.method !== "usb-key") throw new Error("the license is for no key");
  return { keyId: binding.keyId, thumbprint: binding.thumbprint };
}

function moduleFor({ binding }: License): License {
  return makeLicense(PROFILE, { item: "gpu", term: "paid", binding });
}

test("UK-ID-3: new licenses for a key displace the others of that key, and of no other", (t) => {
  const a = keyLicense("a");
  const gpu = moduleFor(a);
  const b = keyLicense("b");
  const here = makeLicense(PROFILE, { item: "base", edition: "enterprise", term: "paid" });
  const copy = {
    ...keyLicense("a"),
    binding: { ...nameOf(a), method: "usb-key", thumbprint: "other" },
  } as const;
  const installed = [a, gpu, b, here, copy];
  t.deepEqual(displacedBy(installed, [keyLicense("a")]), [a, gpu]);
  t.deepEqual(displacedBy(installed, [keyLicense("a"), gpu]), [a]);
  t.deepEqual(displacedBy(installed, [gpu]), []);
  t.deepEqual(displacedBy(installed, [gpu, here]), []);
  t.deepEqual(displacedBy(installed, [moduleFor(here)]), []);
  t.deepEqual(keysOf([...installed, a]), [nameOf(a), nameOf(b), nameOf(copy)]);
});

test("UK-ID-3, ZC-PL-2: a module alone for a key whose base it displaces is refused, BASE_MISSING", (t) => {
  const base = keyLicense("a");
  const packed = [{ fileName: "", license: moduleFor(base) }];
  const facts = { insertedUsbKeys: [nameOf(base)] };
  const reasons = (installed: readonly License[]) => {
    const admission = admitPackage(PROFILE, installed, packed, facts, day(1));
    return admission.admitted ? [] : admission.refusals.map(({ reason }) => reason);
  };
  t.deepEqual(reasons([base]), ["BASE_MISSING"]);
  t.deepEqual(reasons([base, keyLicense("b")]), []);
});

test("LI-2: what was taken is remembered in order, and nothing new is the very same state", (t) => {
  const name = nameOf(keyLicense("b"));
  const once = rememberTaken(NO_USB_STATE, name, { takenIds: ["2", "1"], replacedIds: ["0"] });
  t.deepEqual(once.keys, [{ ...newKeyState(name), takenIds: ["0", "1", "2"], replacedIds: ["0"] }]);
  t.is(rememberTaken(once, name, { takenIds: ["1"], replacedIds: ["0"] }), once);
  t.is(rememberTaken(NO_USB_STATE, name, { takenIds: [], replacedIds: [] }), NO_USB_STATE);
  const both = rememberTaken(once, nameOf(keyLicense("a")), { takenIds: ["9"], replacedIds: [] });
  t.deepEqual(
    both.keys.map(({ keyId }) => keyId),
    ["a", "b"],
  );
});

test("UK-ID-3: a replaced license that is taken again is replaced no more", (t) => {
  const name = nameOf(keyLicense("a"));
  const before = rememberTaken(NO_USB_STATE, name, { takenIds: ["2"], replacedIds: ["1"] });
  const after = rememberTaken(before, name, { takenIds: ["1"], replacedIds: ["2"] });
  t.like(after.keys[0], { takenIds: ["1", "2"], replacedIds: ["2"] });
});
