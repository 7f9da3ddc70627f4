import test from "ava";
import { planDeletion } from "../../../src/domain/delete.ts";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { explainCapability } from "../../../src/domain/explain.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { type LicenseText, toInstant, toPlatform, type UsbText } from "../../helpers/conformance.ts";

const ORIGIN = "2026-01-01T00:00:00Z";
const CLOUD = loadProfile("zstack-cloud");

const BASE: LicenseText = {
  name: "base",
  item: "base",
  edition: "standard",
  term: "paid",
  end: 365,
  quotas: { cpus: 8 },
  usb: "key-1",
};
const GPU: LicenseText = { name: "gpu", item: "gpu", term: "paid", end: 365, usb: "key-1" };
const FILE_BASE: LicenseText = {
  name: "file",
  item: "base",
  edition: "standard",
  term: "paid",
  quotas: { cpus: 8 },
};
const BUFFERED: UsbText = { status: "MISSING", buffers: [{ key: "key-1", start: 10, end: 40 }] };
const LOST: UsbText = { status: "MISSING" };

/** The platform of a test; licenses go by "id-1", "id-2", in the order of upload. */
function platformWith(licenses: readonly LicenseText[], usb: UsbText) {
  const facts = { firstStart: 0, version: undefined, usage: {}, reacquired: [] };
  const platform = toPlatform(CLOUD, ORIGIN, { licenses, usb, ...facts });
  return {
    ...platform,
    licenses: platform.licenses.map((license, index) => ({ ...license, id: `id-${index + 1}` })),
  };
}

function explained(day: number, licenses: readonly LicenseText[], usb: UsbText, key = "gpu") {
  const evaluation = evaluate(CLOUD, platformWith(licenses, usb), toInstant(ORIGIN, day));
  const { explanation, remedy } = explainCapability(CLOUD, evaluation, key);
  return { explanation, remedy };
}

const INSERT =
  "Insert the USB key key-1 into a management node, alone, or get a license that is bound to no key: send the request code to the vendor and upload the license that comes back.";

test("EV-5, UK-BU-2: what a buffer gives says that its key is away, until when, and what to do before", (t) => {
  t.deepEqual(explained(20, [FILE_BASE, GPU], BUFFERED), {
    explanation:
      "License id-1 (base standard, paid) and license id-2 (gpu, paid) give it. The USB key key-1 is away: its buffer ends at 2026-02-10T00:00:00.000Z.",
    remedy: "Insert the USB key key-1 into a management node before 2026-02-10T00:00:00.000Z.",
  });
});

test("EV-5: what a key gives that is there needs no remedy", (t) => {
  t.is(explained(20, [BASE, GPU], { status: "READY", giving: ["key-1"] }).remedy, "");
});

test("EV-5, UK-BU-6: a key that is lost is named, with the end of its buffer", (t) => {
  t.deepEqual(explained(40, [BASE], BUFFERED, "compute"), {
    explanation:
      "License id-1 (base standard, paid) gives nothing: it is bound to the USB key key-1, which is away since 2026-01-11T00:00:00.000Z and whose buffer ended at 2026-02-10T00:00:00.000Z.",
    remedy: INSERT,
  });
});

test("EV-5, UK-BU-4: a key that is lost without a buffer says so", (t) => {
  t.is(
    explained(40, [FILE_BASE, GPU], LOST).explanation,
    "License id-2 (gpu, paid) gives nothing: it is bound to the USB key key-1, which gives no rights now and has no buffer.",
  );
});

test("EV-5, UK-BU-9: a key that nobody has looked for in time says so", (t) => {
  const { explanation } = explained(
    40,
    [BASE],
    { status: "READY", giving: [{ key: "key-1", until: 33 }] },
    "compute",
  );
  t.regex(explanation, /no node has looked for it in time: its rights ended at 2026-02-03T00:00:00\.000Z\.$/);
});

test("EV-5: a module that runs above a base whose key is lost names the base's key", (t) => {
  const { explanation, remedy } = explained(40, [BASE, { ...GPU, usb: "key-2" }], {
    ...BUFFERED,
    giving: ["key-2"],
  });
  t.regex(
    explanation,
    /^License id-2 \(gpu, paid\) runs, but the base license below it is bound to the USB key key-1, which is away/,
  );
  t.is(remedy, INSERT);
});

test("LI-4: a license to come on a key that is away counts only if the key is there", (t) => {
  const { explanation, remedy } = explained(10, [FILE_BASE, { ...GPU, start: 20 }], LOST);
  t.regex(explanation, /starts at 2026-01-21T00:00:00\.000Z, if the USB key key-1 is there then\.$/);
  t.regex(remedy, /^Get the module gpu/);
});

test("LI-4: of several lost licenses of an item the highest sequence is shown, before an ended one", (t) => {
  const item = (licenses: readonly LicenseText[]) => {
    const { items } = evaluate(CLOUD, platformWith(licenses, LOST), toInstant(ORIGIN, 20));
    const standing = items.get("gpu");
    return `${standing?.situation} ${standing?.license?.id}`;
  };
  const ended: LicenseText = { ...GPU, name: "ended", end: 15 };
  const coming: LicenseText = { ...GPU, name: "coming", start: 30 };
  t.is(item([GPU, { ...GPU, name: "later", end: 100 }, ended, coming]), "USB_KEY_LOST id-2");
  t.is(item([ended, coming]), "EXPIRED id-1", "a key does not bring back what has ended");
  t.is(item([coming]), "PENDING id-1");
});

test("ZC-AM-3, LI-7: what a key gives, or its buffer, cannot be deleted; what a lost key gave can", (t) => {
  const plan = (
    usb: UsbText,
    day: number,
    target: Parameters<typeof planDeletion>[2] = { licenseId: "id-1" },
  ) => {
    const planned = planDeletion(CLOUD, platformWith([GPU], usb), target, toInstant(ORIGIN, day));
    return "refusal" in planned ? planned.refusal.reason : planned.licenses.map(({ id }) => id).join(" ");
  };
  t.is(plan({ giving: ["key-1"] }, 20), "USB_LICENSE");
  t.is(plan({ giving: [{ key: "key-1", until: 33 }] }, 20), "USB_LICENSE");
  t.is(plan(BUFFERED, 40 - 1e-9), "USB_LICENSE");
  t.is(plan(BUFFERED, 40), "id-1");
  t.is(plan(LOST, 20), "id-1");
  t.is(
    plan(LOST, 20, { item: "gpu" }),
    "USB_LICENSE",
    "by item only licenses of the request code are deleted",
  );
});

test("LI-7: a license of a key that gives its rights stays though it has ended", (t) => {
  const ended = platformWith([{ ...GPU, end: 15 }], { giving: ["key-1"] });
  const plan = planDeletion(CLOUD, ended, { licenseId: "id-1" }, toInstant(ORIGIN, 20));
  t.like("refusal" in plan ? plan.refusal : undefined, { reason: "USB_LICENSE" });
  t.regex("refusal" in plan ? plan.refusal.message : "", /Remove the key/);
});

test("EV-4, US-UP-1: an upgrade for a key lifts an edition while the key carries it, and no longer", (t) => {
  const usphere = loadProfile("unicloud-usphere");
  const standard: LicenseText = {
    name: "standard",
    item: "base",
    edition: "standard",
    term: "formal",
    quotas: { cpus: 8 },
  };
  const upgrade: LicenseText = {
    ...standard,
    name: "upgrade",
    edition: "enterprise",
    fromEdition: "standard",
    usb: "key-1",
  };
  const facts = { firstStart: -400, version: undefined, usage: {}, reacquired: [] };
  const platform = toPlatform(usphere, ORIGIN, { licenses: [standard, upgrade], usb: BUFFERED, ...facts });
  const on = (day: number) => {
    const { capabilities, edition } = evaluate(usphere, platform, toInstant(ORIGIN, day));
    const advanced = capabilities.find(({ key }) => key === "compute-advanced");
    return `${edition} ${advanced?.state} ${advanced?.reason} ${advanced?.licenseIds.length}`;
  };
  t.is(on(20), "enterprise ENABLED GRANTED 2");
  t.is(on(40), "standard DISABLED NOT_LICENSED 1");
});

test("US-FE-2: a base whose key is lost meets a prerequisite where none runs, as an ended one does", (t) => {
  const usphere = loadProfile("unicloud-usphere");
  const plus: LicenseText = {
    name: "plus",
    item: "base",
    edition: "enterprise-plus",
    term: "formal",
    quotas: { cpus: 8 },
    usb: "key-1",
  };
  const isc: LicenseText = { name: "isc", item: "isc", term: "formal", quotas: { vms: 8 } };
  const facts = { firstStart: -400, version: undefined, usage: {}, reacquired: [] };
  const platform = toPlatform(usphere, ORIGIN, { licenses: [plus, isc], usb: LOST, ...facts });
  const { capabilities } = evaluate(usphere, platform, toInstant(ORIGIN, 20));
  t.like(
    capabilities.find(({ key }) => key === "isc"),
    { state: "VIEW_ONLY", reason: "BASE_EXPIRED" },
  );
});
