import test from "ava";
import { alertNames, isNamed } from "../../../src/domain/alert-names.ts";
import { alertsAt } from "../../../src/domain/alerts.ts";
import { nextAlertChangeAt } from "../../../src/domain/next-alert-change.ts";
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

function dayOf(day: number): number {
  return toInstant(ORIGIN, day);
}

function platformWith(licenses: readonly LicenseText[], usb: UsbText) {
  return toPlatform(CLOUD, ORIGIN, {
    licenses,
    usb,
    firstStart: 0,
    version: undefined,
    usage: {},
    reacquired: [],
  });
}

function alertsOn(day: number, licenses: readonly LicenseText[], usb: UsbText) {
  return alertsAt(CLOUD, platformWith(licenses, usb), dayOf(day));
}

function namesOn(...asked: Parameters<typeof alertsOn>): readonly string[] {
  return alertsOn(...asked).map(({ kind, subject }) => `${kind} ${subject}`);
}

test("UK-BU-2, EV-10: a buffer that ends is told with its end, and its key is missing", (t) => {
  const [missing, buffer, ...others] = alertsOn(20, [BASE, GPU], BUFFERED);
  t.deepEqual(others, []);
  t.like(missing, { kind: "USB_MISSING", severity: "WARNING", subject: "" });
  t.regex(missing?.message ?? "", /UK-ST-1.*the USB key key-1/);
  t.like(buffer, { kind: "USB_BUFFER_ENDING", severity: "WARNING", subject: "key-1" });
  t.like(buffer, { since: dayOf(10), dueAt: dayOf(40) });
  t.regex(buffer?.remedy ?? "", /^Insert the USB key key-1 into a management node before that/);
});

test("EV-10: the end of a buffer is critical within the days of the reminder, to the millisecond", (t) => {
  const severityAt = (at: number) =>
    alertsAt(CLOUD, platformWith([BASE], BUFFERED), at).find(({ kind }) => kind === "USB_BUFFER_ENDING")
      ?.severity;
  t.is(severityAt(dayOf(25)), "WARNING", "15 days left are not less than 15");
  t.is(severityAt(dayOf(25) + 1), "CRITICAL");
  t.is(severityAt(dayOf(40) - 1), "CRITICAL");
  t.is(severityAt(dayOf(40)), undefined);
  t.is(nextAlertChangeAt(CLOUD, platformWith([BASE], BUFFERED), dayOf(25)), dayOf(25) + 1);
});

test("UK-BU-6: once its buffer is over, a key that is missing is critical", (t) => {
  const [missing, ...others] = alertsOn(40, [BASE, GPU], BUFFERED);
  t.deepEqual(others, [], "its licenses have not ended");
  t.like(missing, { kind: "USB_MISSING", severity: "CRITICAL" });
  t.regex(missing?.remedy ?? "", /^Insert the USB key key-1 into a management node/);
});

test("UK-ST-1, EV-10: no key is missing where no license is bound to one, or those that are have ended", (t) => {
  const missing: UsbText = { status: "MISSING" };
  t.deepEqual(namesOn(20, [FILE_BASE], missing), []);
  t.deepEqual(namesOn(20, [FILE_BASE, { ...GPU, end: 20 }], missing), ["MODULE_EXPIRED gpu"]);
  t.deepEqual(namesOn(20, [FILE_BASE, { ...GPU, start: 30 }], missing), ["USB_MISSING "]);
});

test("UK-ST-3, UK-ST-4: too many keys are said, and a fault says to pull all but one", (t) => {
  const [abnormal] = alertsOn(20, [FILE_BASE], { status: "ABNORMAL", giving: ["key-1"] });
  t.like(abnormal, { kind: "USB_ABNORMAL", severity: "WARNING", subject: "" });
  t.regex(abnormal?.message ?? "", /UK-ST-3/);
  const [fault] = alertsOn(20, [FILE_BASE], { status: "FAULT" });
  t.like(fault, { kind: "USB_FAULT", severity: "CRITICAL", subject: "" });
  t.regex(fault?.message ?? "", /UK-ST-4/);
  t.regex(fault?.remedy ?? "", /^Pull all keys but one/);
  t.deepEqual(namesOn(20, [FILE_BASE], { status: "READY", giving: ["key-1"] }), []);
});

test("EV-10: an end that is the buffer's is told by its own alert alone, that of the license by its reminder", (t) => {
  t.deepEqual(namesOn(30, [BASE, GPU], BUFFERED), ["USB_MISSING ", "USB_BUFFER_ENDING key-1"]);
  t.deepEqual(namesOn(30, [{ ...BASE, end: 38 }, FILE_BASE, { ...GPU, end: 38 }], BUFFERED), [
    "MODULE_TO_EXPIRE gpu",
    "USB_MISSING ",
  ]);
});

test("EV-9: what ends after the buffer, by itself, is reminded of while the buffer runs", (t) => {
  const enterprise: LicenseText = { ...BASE, edition: "enterprise" };
  const standard: LicenseText = { ...FILE_BASE, end: 45 };
  t.deepEqual(namesOn(35, [standard, enterprise], BUFFERED), [
    "LICENSE_TO_EXPIRE base",
    "USB_MISSING ",
    "USB_BUFFER_ENDING key-1",
  ]);
  t.is(alertsOn(35, [standard, enterprise], BUFFERED)[0]?.dueAt, dayOf(45));
});

test("EV-10: a buffer whose end takes nothing away makes no alert; one that takes quota does", (t) => {
  const renewal: LicenseText = { ...FILE_BASE, start: 5, end: 365 };
  t.deepEqual(namesOn(20, [BASE, renewal], BUFFERED), ["USB_MISSING "]);
  const smaller: LicenseText = { ...FILE_BASE, quotas: { cpus: 4 } };
  t.deepEqual(namesOn(20, [smaller, BASE], BUFFERED), ["USB_MISSING ", "USB_BUFFER_ENDING key-1"]);
});

test("EV-10: a buffer that carries service alone tells its end", (t) => {
  const service: LicenseText = { name: "s", item: "service-5x8", term: "paid", end: 365, usb: "key-1" };
  t.deepEqual(namesOn(30, [FILE_BASE, service], BUFFERED), ["USB_MISSING ", "USB_BUFFER_ENDING key-1"]);
});

test("EV-10: rights of a key that nobody looks for are reminded of, and why they end", (t) => {
  const unwatched: UsbText = { status: "READY", giving: [{ key: "key-1", until: 33 }] };
  const [base, module, ...others] = alertsOn(30, [BASE, GPU], unwatched);
  t.deepEqual(others, []);
  for (const alert of [base, module]) {
    t.like(alert, { dueAt: dayOf(33) });
    t.regex(alert?.message ?? "", /unless its node looks for the USB key key-1 again before\.$/);
  }
});

test("LI-4: a renewal that is to come on a key that is away is no remedy", (t) => {
  const ended: LicenseText = { ...FILE_BASE, end: 15 };
  const coming: LicenseText = { ...BASE, name: "coming", start: 60 };
  const remedyOf = (usb: UsbText) =>
    alertsOn(20, [ended, coming], usb).find(({ kind }) => kind === "LICENSE_EXPIRED")?.remedy ?? "";
  t.regex(remedyOf({ giving: ["key-1"] }), /is installed and counts from/);
  t.regex(remedyOf({ status: "MISSING" }), /^Renew the license of base/);
});

test("EV-10: the buffers of all keys go by one name, and a product without keys has none", (t) => {
  const names = alertNames(CLOUD).filter(({ kind }) => kind.startsWith("USB_"));
  t.is(names.length, 4);
  const alerts = alertsOn(20, [BASE], BUFFERED);
  t.true(alerts.every((alert) => names.some((name) => isNamed(alert, name))));
  t.false(alertNames(loadProfile("unicloud-usphere")).some(({ kind }) => kind.startsWith("USB_")));
});
