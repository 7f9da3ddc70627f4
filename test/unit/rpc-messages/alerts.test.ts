import { AlertKind } from "@license-service/contract";
import test from "ava";
import { DOMAIN_ALERT_KINDS } from "../../../src/domain/alerts.ts";
import { toAlert } from "../../../src/rpc/messages/alert.ts";

test("EV-10: every alert of licenses, usage and USB keys has its kind in the contract", (t) => {
  for (const kind of DOMAIN_ALERT_KINDS) {
    const alert = toAlert({ kind, severity: "WARNING", message: "m", remedy: "r", subject: "s" });
    t.is(alert.kind, AlertKind[kind], kind);
    t.true(alert.kind > AlertKind.UNSPECIFIED, kind);
  }
});

test("every kind of the contract but that of reminders for the server itself comes from somewhere", (t) => {
  const ofServer = [
    "TEST_VENDOR_TRUSTED",
    "NO_TRUST_ANCHORS",
    "TAMPERED_ROW",
    "DATABASE_RESTORED",
    "CLOCK_DIFFERS",
    "SERVER_CERTIFICATE",
    "DATA_DIRECTORY",
    "USB_KEY_AHEAD",
  ];
  const named = Object.keys(AlertKind).filter((name) => Number.isNaN(Number(name)));
  const known = ["UNSPECIFIED", "UNRECOGNIZED", ...ofServer, ...DOMAIN_ALERT_KINDS];
  t.deepEqual(
    named.filter((name) => !known.includes(name)),
    [],
  );
});
