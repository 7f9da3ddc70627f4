import {
  AlertKind,
  AlertSeverity,
  CapabilityDomain,
  CapabilityReason,
  CapabilityState,
  DeleteLicenseResponse,
  ExplainCapabilityResponse,
  GetLicenseCapabilitiesResponse,
  GetLicenseInfoResponse,
  LicenseType,
  ListUsbKeysResponse,
  OperationClass,
  PlatformStatus,
  UploadLicenseResponse,
  UploadOutcome,
  UsbUnavailableReason,
} from "@license-service/contract";
import test from "ava";
import { writeDeletion } from "../../../src/cli/commands/delete.ts";
import { writeExplanation } from "../../../src/cli/commands/explain.ts";
import { writeInfo } from "../../../src/cli/commands/info.ts";
import { writeUpload } from "../../../src/cli/commands/upload.ts";
import { createScreen, type Screen } from "../../../src/cli/output/screen.ts";
import { showOperations } from "../../../src/cli/render/terms.ts";
import { capture, runCli } from "./_capture.ts";
import { startScriptedServer } from "./_scripted-server.ts";

const AT = new Date("2026-11-22T12:00:00Z");
const LATER = new Date("2026-12-21T12:00:00Z");
const ENV = { LICENSECTL_TOKEN: "token" };
const ALL = Object.values(OperationClass).filter((operation) => operation !== 0);
const WAYS_BACK = [OperationClass.STOP, OperationClass.DELETE, OperationClass.MIGRATE_AWAY];
const REVISION = { storeId: "store", epoch: 1n, revision: 7n };

function written(write: (screen: Screen) => void): string {
  const { stream, text } = capture();
  write(createScreen(stream, true));
  return text();
}

test("operation classes are told in few words", (t) => {
  const without = (...missing: OperationClass[]) => ALL.filter((operation) => !missing.includes(operation));
  t.is(showOperations(ALL), "all");
  t.is(showOperations(without(OperationClass.CREATE, OperationClass.EXPAND)), "all but create, expand");
  t.is(showOperations([OperationClass.VIEW, ...WAYS_BACK, OperationClass.LOGIN]), "view, login, ways back");
  t.is(showOperations(WAYS_BACK), "ways back");
  t.is(showOperations([OperationClass.STOP, OperationClass.MIGRATE_AWAY]), "stop, migrate away");
  t.is(showOperations([]), "none");
});

const CAPABILITIES = GetLicenseCapabilitiesResponse.fromPartial({
  revision: REVISION,
  evaluatedAt: AT,
  nextChangeAt: LATER,
  profile: "zstack-cloud",
  capabilities: [
    {
      key: "compute",
      domain: CapabilityDomain.COMPUTE,
      state: CapabilityState.ENABLED,
      reason: CapabilityReason.GRANTED,
      operations: ALL,
      meters: [{ key: "base/cpus", unit: "cpus", limit: 64n, used: 3n }],
      expireTime: LATER,
      nextState: CapabilityState.VIEW_ONLY,
      nextReason: CapabilityReason.EXPIRED,
    },
    {
      key: "gpu",
      domain: CapabilityDomain.COMPUTE,
      state: CapabilityState.DISABLED,
      reason: CapabilityReason.NOT_LICENSED,
      operations: WAYS_BACK,
    },
    { key: "sriov", domain: CapabilityDomain.NETWORK, state: CapabilityState.DISABLED },
  ],
});

test("capabilities are a table with state, reason, operations, end and what comes then", async (t) => {
  const address = await startScriptedServer(t, { getLicenseCapabilities: () => CAPABILITIES });
  const { code, stdout } = await runCli(
    ["capabilities", "--domain", "compute", "--at", AT.toISOString(), "--address", address],
    {
      env: ENV,
    },
  );
  t.is(code, 0);
  t.is(
    stdout,
    [
      "CAPABILITY  DOMAIN   STATE     REASON        OPERATIONS  UNTIL (UTC)                     THEN               METERS",
      "compute     compute  ENABLED   GRANTED       all         2026-12-21T12:00:00Z (in 29 d)  VIEW_ONLY EXPIRED  3 of 64 cpus used",
      "gpu         compute  DISABLED  NOT_LICENSED  ways back   -                               -                  -",
      "",
      "2 of 3 capabilities of zstack-cloud for 2026-11-22T12:00:00Z (UTC), epoch 1, revision 7; next change: 2026-12-21T12:00:00Z (in 29 d)",
      "",
    ].join("\n"),
  );
});

test("filters hold for --json too, and its document is that of the contract", async (t) => {
  const address = await startScriptedServer(t, { getLicenseCapabilities: () => CAPABILITIES });
  const args = ["capabilities", "--state", "disabled", "--domain", "network", "--json", "--address", address];
  const { code, stdout } = await runCli(args, { env: ENV });
  t.is(code, 0);
  const answer = GetLicenseCapabilitiesResponse.fromJSON(JSON.parse(stdout));
  t.deepEqual(answer, { ...CAPABILITIES, capabilities: CAPABILITIES.capabilities.slice(2) });
});

test("an unknown domain or state is refused with the choices, before anything is sent", async (t) => {
  for (const [option, choice] of [
    ["--domain", "compute, storage, network, platform"],
    ["--state", "enabled, restricted, view_only, disabled"],
  ] as const) {
    const { code, stderr } = await runCli(["capabilities", option, "gpu"], { env: ENV });
    t.is(code, 2);
    t.true(stderr.includes(`Choose from ${choice}.`), stderr);
  }
});

test("an explanation says why, what to do, whether the operation is allowed, and until when", (t) => {
  const answer = ExplainCapabilityResponse.fromPartial({
    evaluatedAt: AT,
    capability: CAPABILITIES.capabilities[1],
    operationAllowed: false,
    explanation: "No installed license gives it.",
    remedy: "Upload a license for gpu.",
  });
  t.is(
    written((screen) => writeExplanation(screen, answer, OperationClass.CREATE, AT)),
    [
      "gpu: DISABLED NOT_LICENSED",
      "",
      "why            No installed license gives it.",
      "what to do     Upload a license for gpu.",
      "operations     ways back",
      "may create     no",
      "since          always",
      "until          no change in sight",
      "evaluated for  2026-11-22T12:00:00Z (UTC)",
      "",
    ].join("\n"),
  );
});

const UPLOAD = UploadLicenseResponse.fromPartial({
  revision: REVISION,
  licenses: [
    {
      fileName: "base.lic",
      outcome: UploadOutcome.INSTALLED,
      license: {
        id: "id-1",
        item: "base",
        edition: "enterprise",
        licenseType: LicenseType.PAID,
        startTime: AT,
      },
      inForceLicenseId: "id-1",
    },
    {
      fileName: "gpu.lic",
      outcome: UploadOutcome.ALREADY_INSTALLED,
      license: { id: "id-2", item: "gpu", licenseType: LicenseType.PAID, startTime: AT, expireTime: LATER },
      inForceLicenseId: "id-3",
    },
  ],
  replacedLicenseIds: ["id-0"],
  capabilityChanges: [
    {
      key: "gpu",
      stateBefore: CapabilityState.DISABLED,
      reasonBefore: CapabilityReason.NOT_LICENSED,
      stateAfter: CapabilityState.ENABLED,
      reasonAfter: CapabilityReason.GRANTED,
      operationsAfter: ALL,
    },
    {
      key: "vmware",
      stateBefore: CapabilityState.ENABLED,
      reasonBefore: CapabilityReason.GRANTED,
      stateAfter: CapabilityState.VIEW_ONLY,
      reasonAfter: CapabilityReason.EXPIRED,
      operationsAfter: [OperationClass.VIEW, ...WAYS_BACK],
    },
  ],
  quotaChanges: [
    { key: "base/cpus", limitBefore: 32n, usedBefore: 36n, usedAfter: 36n, overBefore: true },
    {
      key: "base/hosts",
      limitBefore: 8n,
      limitAfter: 4n,
      usedBefore: 7n,
      usedAfter: 6n,
      overAfter: true,
      overBy: 2n,
    },
  ],
  startedAlerts: [
    {
      kind: AlertKind.INSUFFICIENT_QUOTA,
      severity: AlertSeverity.WARNING,
      subject: "base/hosts",
      message: "2 hosts too many.",
    },
  ],
  stoppedAlerts: [
    { kind: AlertKind.LOCKED, severity: AlertSeverity.CRITICAL, subject: "base", message: "It is locked." },
  ],
});

test("an upload tells what it installed, replaced, gave, took away and changed in quotas and alerts", (t) => {
  t.is(
    written((screen) => writeUpload(screen, UPLOAD)),
    [
      "Installed 1 of 2 licenses; epoch 1, revision 7.",
      "  FILE      LICENSE                 OUTCOME            STARTS (UTC)          ENDS (UTC)            ID    IN FORCE FOR THE ITEM",
      "  base.lic  base enterprise (paid)  installed          2026-11-22T12:00:00Z  never                 id-1  this one",
      "  gpu.lic   gpu (paid)              already installed  2026-11-22T12:00:00Z  2026-12-21T12:00:00Z  id-2  id-3",
      "  replaces id-0",
      "",
      "Capabilities gained (1)",
      "  CAPABILITY  BEFORE                 AFTER            OPERATIONS AFTER",
      "  gpu         DISABLED NOT_LICENSED  ENABLED GRANTED  all",
      "",
      "Capabilities lost (1)",
      "  CAPABILITY  BEFORE           AFTER              OPERATIONS AFTER",
      "  vmware      ENABLED GRANTED  VIEW_ONLY EXPIRED  view, ways back",
      "",
      "Quotas (2)",
      "  METER       BEFORE      AFTER  IN USE  OVER",
      "  base/cpus       32  unlimited      36  no more",
      "  base/hosts       8          4  7 -> 6  by 2",
      "",
      "Alerts that begin (1)",
      "  ALERT               SUBJECT     SEVERITY  WHY",
      "  INSUFFICIENT_QUOTA  base/hosts  warning   2 hosts too many.",
      "",
      "Alerts that end (1)",
      "  ALERT   SUBJECT  SEVERITY  WHY",
      "  LOCKED  base     critical  It is locked.",
      "",
    ].join("\n"),
  );
});

test("a dry run of an upload says first that nothing was written", (t) => {
  const lines = written((screen) => writeUpload(screen, { ...UPLOAD, validateOnly: true })).split("\n");
  t.is(lines[0], "Dry run: nothing was written. The upload would do this:");
  t.is(lines[1], "Would install 1 of 2 licenses.");
});

test("the same bytes again change nothing, and the answer says so", (t) => {
  const answer = UploadLicenseResponse.fromPartial({ licenses: UPLOAD.licenses.slice(1) });
  t.regex(
    written((screen) => writeUpload(screen, answer)),
    /^Nothing changes: the license is installed already\.\n/,
  );
});

test("a dry run of a deletion says first that nothing was written", (t) => {
  const answer = DeleteLicenseResponse.fromPartial({ validateOnly: true, deletedLicenseIds: ["id-1"] });
  t.is(
    written((screen) => writeDeletion(screen, answer)),
    "Dry run: nothing was written. The deletion would delete 1 license:\n  id-1\nNo capability and no quota changes.\n",
  );
});

test("threat 27: names from licenses and alerts cannot steer the terminal of info", (t) => {
  const evil = "a\u001b[2J\r\n\u202eb\u009b";
  const answer = GetLicenseInfoResponse.fromPartial({
    revision: REVISION,
    evaluatedAt: AT,
    status: PlatformStatus.VALID,
    profile: evil,
    license: { item: evil, user: evil, productInfo: evil, contractNumber: evil, edition: evil, id: evil },
    additions: [{ item: evil, id: evil }],
    alerts: [{ message: evil, remedy: evil, subject: evil }],
    productVersion: evil,
  });
  const text = written((screen) => writeInfo(screen, answer, AT));
  t.false(/[^\n\P{Cc}]|\p{Cf}/u.test(text));
  t.true(text.includes("customer  a[2J b"));
});

test("info names the database as away when the server answers from memory", (t) => {
  const answer = GetLicenseInfoResponse.fromPartial({
    evaluatedAt: AT,
    staleSince: AT,
    status: PlatformStatus.EXPIRED,
  });
  const text = written((screen) => writeInfo(screen, answer, AT));
  t.regex(text, /^status +EXPIRED$/m);
  t.regex(text, /^stale since +2026-11-22T12:00:00Z: the server cannot reach its database/m);
});

test("usb list says why a node reads no keys", async (t) => {
  const answer = ListUsbKeysResponse.fromPartial({
    unavailableReason: UsbUnavailableReason.AGENT_OFF,
    unavailableMessage: "This server has no USB agent.",
  });
  const address = await startScriptedServer(t, { listUsbKeys: () => answer });
  const people = await runCli(["usb", "list", "--address", address], { env: ENV });
  t.is(
    people.stdout,
    "No USB keys.\nThe node that answered reads no keys: AGENT_OFF. This server has no USB agent.\n",
  );
  const program = await runCli(["usb", "list", "--address", address, "--json"], { env: ENV });
  t.deepEqual(ListUsbKeysResponse.fromJSON(JSON.parse(program.stdout)), answer);
});
