import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { DAY_MS } from "../../../src/domain/license.ts";
import { endsByItem } from "../../../src/domain/rights-end.ts";
import { serviceEndWithin } from "../../../src/domain/service-end.ts";
import { carriedSpan } from "../../../src/domain/usb/carry.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import {
  type LicenseText,
  toInstant,
  toPlatform,
  toUsbFacts,
  type UsbText,
} from "../../helpers/conformance.ts";

const ORIGIN = "2026-01-01T00:00:00Z";
const CLOUD = loadProfile("zstack-cloud");

const BASE: LicenseText = {
  name: "base",
  item: "base",
  edition: "enterprise",
  term: "paid",
  end: 365,
  quotas: { cpus: 8 },
  usb: "key-1",
};
const GPU: LicenseText = { name: "gpu", item: "gpu", term: "paid", end: 365, usb: "key-1" };

function dayOf(day: number): number {
  return toInstant(ORIGIN, day);
}

function platformWith(licenses: readonly LicenseText[], usb: UsbText, profile = CLOUD) {
  return toPlatform(profile, ORIGIN, {
    licenses,
    usb,
    firstStart: 0,
    version: undefined,
    usage: {},
    reacquired: [],
  });
}

/** Buffer of key-1 from day 10 to day 40. */
const BUFFERED: UsbText = { status: "MISSING", buffers: [{ key: "key-1", start: 10, end: 40 }] };

const KEY_1 = { method: "usb-key", keyId: "key-1", thumbprint: "key-1" } as const;

test("LI-3: a license for a key is carried while the key gives its rights, without an end", (t) => {
  t.is(carriedSpan(KEY_1, toUsbFacts(ORIGIN, { giving: ["key-1"] })), undefined);
});

test("UK-BU-2: a buffer carries from the removal to its end, and no key carries nothing", (t) => {
  t.deepEqual(carriedSpan(KEY_1, toUsbFacts(ORIGIN, BUFFERED)), {
    from: dayOf(10),
    until: dayOf(40),
    by: "BUFFER",
  });
  t.like(carriedSpan(KEY_1, toUsbFacts(ORIGIN, {})), { by: "NONE" });
});

test("EV-4: a key that nobody looks for carries no longer than a buffer would", (t) => {
  const facts = toUsbFacts(ORIGIN, { giving: [{ key: "key-1", until: 33 }] });
  t.like(carriedSpan(KEY_1, facts), { until: dayOf(33), by: "UNWATCHED" });
  const platform = platformWith([BASE], { giving: [{ key: "key-1", until: 33 }] });
  t.is(evaluate(CLOUD, platform, dayOf(33) - 1).status, "VALID");
  t.is(evaluate(CLOUD, platform, dayOf(33)).status, "EXPIRED");
});

test("LI-1: a key with the same id and another key pair carries nothing", (t) => {
  const copy = { ...KEY_1, thumbprint: "another" };
  t.like(carriedSpan(copy, toUsbFacts(ORIGIN, { giving: ["key-1"] })), { by: "NONE" });
  t.like(carriedSpan(copy, toUsbFacts(ORIGIN, BUFFERED)), { by: "NONE" });
});

test("EV-2: a buffer's end is the next change, even where a later license makes it no end of rights", (t) => {
  const renewal: LicenseText = { ...BASE, name: "renewal", start: 30, usb: "key-2" };
  const platform = platformWith([BASE, renewal], { giving: ["key-2"], buffers: BUFFERED.buffers ?? [] });
  const { nextChangeAt, capabilities } = evaluate(CLOUD, platform, dayOf(20));
  t.is(nextChangeAt, dayOf(30), "the renewal begins to decide");
  t.true(capabilities.every(({ expiresAt }) => expiresAt !== dayOf(40)));
});

test("EV-2: that a buffer ends is a change of the answer, also where the state stays", (t) => {
  const standard: LicenseText = { ...BASE, edition: "standard" };
  const platform = platformWith([standard], BUFFERED);
  const gpu = (day: number) =>
    evaluate(CLOUD, platform, dayOf(day)).capabilities.find(({ key }) => key === "gpu");
  t.like(gpu(20), { reason: "NOT_LICENSED", bufferEndsAt: dayOf(40) });
  t.like(gpu(40), { reason: "NOT_LICENSED", bufferEndsAt: undefined });
});

test("EV-5: of two buffers the first end is told, if it carries a deciding license", (t) => {
  const standard: LicenseText = { ...BASE, edition: "standard" };
  const platform = platformWith([standard, { ...GPU, usb: "key-2" }], {
    buffers: [
      { key: "key-1", start: 10, end: 40 },
      { key: "key-2", start: 5, end: 35 },
    ],
  });
  const { capabilities } = evaluate(CLOUD, platform, dayOf(20));
  const endOf = (wanted: string) => capabilities.find(({ key }) => key === wanted)?.bufferEndsAt;
  t.is(endOf("gpu"), dayOf(35));
  t.is(endOf("compute"), dayOf(40));
});

test("EV-9: the days left of rights on a buffer are those of the buffer, and count on once it is over", (t) => {
  const platform = platformWith([BASE, GPU], BUFFERED);
  const ends = (day: number) => Object.fromEntries(endsByItem(CLOUD, platform, dayOf(day)));
  t.deepEqual(ends(20), { base: dayOf(40), gpu: dayOf(40) });
  t.deepEqual(ends(50), { base: dayOf(40), gpu: dayOf(40) });
  const lost = platformWith([BASE, GPU], { status: "MISSING" });
  t.deepEqual(Object.fromEntries(endsByItem(CLOUD, lost, dayOf(20))), {}, "when it was lost is not known");
});

test("EV-9: rights go on where another license runs from before the buffer ends", (t) => {
  const file: LicenseText = { name: "file", item: "gpu", term: "paid", start: 30, end: 200 };
  const platform = platformWith([BASE, GPU, file], BUFFERED);
  t.is(endsByItem(CLOUD, platform, dayOf(20)).get("gpu"), dayOf(200));
});

test("ZC-PL-6: a service license whose key is lost gives no service, and has not ended either", (t) => {
  const service: LicenseText = { name: "s", item: "service-5x8", term: "paid", end: 100, usb: "key-1" };
  const platform = platformWith([service], BUFFERED);
  t.like(evaluate(CLOUD, platform, dayOf(20)).service, { item: "service-5x8", expired: false });
  t.is(evaluate(CLOUD, platform, dayOf(40)).service, undefined);
  t.like(evaluate(CLOUD, platform, dayOf(100)).service, { item: "service-5x8", expired: true });
});

test("ZC-PL-6: service in a base license whose key is lost does not run, and is told once it has ended", (t) => {
  const platform = platformWith([{ ...BASE, service: 100 }], BUFFERED);
  t.like(evaluate(CLOUD, platform, dayOf(20)).service, { item: "base", expired: false });
  t.is(evaluate(CLOUD, platform, dayOf(40)).service, undefined);
  t.like(evaluate(CLOUD, platform, dayOf(100)).service, { item: "base", expired: true });
});

test("EV-9: service that ends with a buffer alone is no end of service to remind of", (t) => {
  const service: LicenseText = { name: "s", item: "service-5x8", term: "paid", end: 100, usb: "key-1" };
  const endOn = (usb: UsbText, day: number) =>
    serviceEndWithin(CLOUD, platformWith([service], usb), dayOf(day), 30 * DAY_MS)?.endsAt;
  t.is(endOn(BUFFERED, 20), undefined);
  t.is(endOn({ buffers: [{ key: "key-1", start: 75, end: 105 }] }, 80), dayOf(100));
});

test("EV-2: that another lost license decides from its start on is a change of the answer", (t) => {
  const profile = loadProfile("zstack-3");
  const trial: LicenseText = { ...BASE, name: "trial", term: "trial", start: 30, end: 60 };
  const platform = platformWith([BASE, trial], { status: "MISSING" }, profile);
  const before = evaluate(profile, platform, dayOf(20));
  t.is(before.nextChangeAt, dayOf(30));
  const idsOf = ({ capabilities }: typeof before) =>
    capabilities.find(({ key }) => key === "compute")?.licenseIds;
  t.notDeepEqual(idsOf(evaluate(profile, platform, dayOf(30))), idsOf(before));
});

test("EV-2: the end of a buffer is the next change where it changes nothing but that", (t) => {
  const { gpu } = Object.fromEntries(CLOUD.capabilities);
  if (gpu === undefined) return t.fail();
  // Of all capabilities the one that a standard base does not include.
  const profile = { ...CLOUD, capabilities: new Map([["gpu", gpu]]) };
  const platform = platformWith([{ ...BASE, edition: "standard" }], BUFFERED);
  t.like(evaluate(profile, platform, dayOf(20)), { nextChangeAt: dayOf(40) });
});
