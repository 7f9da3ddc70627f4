/** How info shows alerts, reminders that are put off, several bases, a lock and upgrades. */
import {
  AlertKind,
  AlertSeverity,
  GetLicenseInfoResponse,
  LicenseStatus,
  LicenseType,
  PlatformStatus,
} from "@license-service/contract";
import test from "ava";
import { writeInfo } from "../../../src/cli/commands/info.ts";
import { createScreen } from "../../../src/cli/output/screen.ts";
import { capture } from "./_capture.ts";

const AT = new Date("2026-11-22T12:00:00Z");
const DUE = new Date("2026-12-02T12:00:00Z");

/** Parts of an answer, as protobuf JSON would have them: what is not named is empty. */
type Parts = { readonly [Field in keyof GetLicenseInfoResponse]?: unknown };

function shown(parts: Parts): string {
  const { stream, text } = capture();
  writeInfo(createScreen(stream, false), GetLicenseInfoResponse.fromPartial(parts as never), AT);
  return text();
}

const REMINDER = {
  kind: AlertKind.MODULE_TO_EXPIRE,
  severity: AlertSeverity.WARNING,
  subject: "gpu",
  message: "The rights of the module gpu end.",
  remedy: "Renew it.",
  since: AT,
  dueTime: DUE,
};

test("an alert shows its subject, when it is due or since when it stands, and what to do", (t) => {
  const expired = {
    kind: AlertKind.LICENSE_EXPIRED,
    severity: AlertSeverity.CRITICAL,
    subject: "base",
    message: "It has ended.",
    since: AT,
  };
  const text = shown({ alerts: [expired, REMINDER] });
  t.true(
    text.includes("Alert (critical) LICENSE_EXPIRED [base]: It has ended.\n  Since: 2026-11-22T12:00:00Z\n"),
  );
  t.true(
    text.includes(
      "Alert (warning) MODULE_TO_EXPIRE [gpu]: The rights of the module gpu end.\n  Due: 2026-12-02T12:00:00Z (in 10 d)\n  What to do: Renew it.\n",
    ),
  );
});

test("ZL-5: a reminder that is put off is one quiet line", (t) => {
  const text = shown({ alerts: [{ ...REMINDER, putOffUntil: new Date("2026-11-23T12:00:00Z") }] });
  t.notRegex(text, /Alert/);
  t.true(
    text.endsWith(
      "\nPut off until 2026-11-23T12:00:00Z (in 24 h): MODULE_TO_EXPIRE [gpu], due 2026-12-02T12:00:00Z (in 10 d)\n",
    ),
  );
});

test("US-ED-1: several bases are a table, one alone is not", (t) => {
  const x86 = {
    item: "base",
    edition: "standard",
    status: PlatformStatus.VALID,
    licenseIds: ["id-1", "id-2"],
    meters: [{ key: "base/cpus", unit: "cpus", limit: 16n, used: 3n }],
  };
  const arm = { item: "base-arm", edition: "enterprise-plus", status: PlatformStatus.EXPIRED };
  const text = shown({ bases: [x86, arm] });
  t.regex(text, /^Bases \(2\)\nITEM +EDITION +STATUS +METERS +LICENSES$/m);
  t.regex(text, /^base +standard +VALID +3 of 16 cpus used +id-1, id-2$/m);
  t.regex(text, /^base-arm +enterprise-plus +EXPIRED/m);
  t.notRegex(shown({ bases: [x86] }), /Bases/);
});

test("US-TE-4: a lock shows since when and by which license", (t) => {
  const text = shown({
    status: PlatformStatus.LOCKED,
    lock: { since: AT, item: "base", licenseId: "id-9" },
  });
  t.regex(text, /^status +LOCKED$/m);
  t.regex(text, /^locked since +2026-11-22T12:00:00Z \(now\), by license id-9 of base$/m);
});

test("US-UP-1: an upgrade license shows both editions", (t) => {
  const upgrade = {
    item: "base",
    edition: "enterprise",
    fromEdition: "standard",
    licenseType: LicenseType.FORMAL,
    status: LicenseStatus.VALID,
    id: "id-1",
  };
  t.regex(shown({ additions: [upgrade] }), /^base +standard to enterprise +formal +VALID/m);
});

test("threat 27: what a server says of bases, locks and reminders cannot steer the terminal", (t) => {
  const evil = "a\u001b[2J\r\n\u202eb\u009b";
  const text = shown({
    alerts: [{ ...REMINDER, subject: evil, putOffUntil: AT }],
    bases: [
      { item: evil, edition: evil, licenseIds: [evil] },
      { item: evil, edition: evil },
    ],
    lock: { since: AT, item: evil, licenseId: evil },
    additions: [{ item: evil, fromEdition: evil, edition: evil }],
  });
  t.false(/[^\n\P{Cc}]|\p{Cf}/u.test(text));
});
