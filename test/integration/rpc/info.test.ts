import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AlertKind,
  AuthorizationMethod,
  type GetLicenseInfoResponse,
  LicenseStatus,
  LicenseType,
  PlatformStatus,
} from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { nameOf } from "../../helpers/rpc-answers.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";

function alertsOf({ alerts }: GetLicenseInfoResponse): readonly string[] {
  return alerts.map(({ kind, subject }) => `${nameOf(AlertKind, kind)} ${subject}`.trim());
}

test("AP-1, AP-2: a new platform shows its no-license state, its request code and its ids", async (t) => {
  const rpc = await startRpcService(t);
  const info = await rpc.call("getLicenseInfo");
  t.is(info.status, PlatformStatus.VALID);
  t.like(info.license, {
    id: "",
    item: "base",
    edition: "community",
    licenseType: LicenseType.FREE,
    status: LicenseStatus.VALID,
    authorizationMethod: AuthorizationMethod.UNSPECIFIED,
    expireTime: undefined,
    expired: false,
  });
  t.deepEqual(info.additions, []);
  t.is(info.licenseRequest, await readFile(join(rpc.service.dataDirectory, "request-code.txt"), "utf8"));
  t.regex(info.platformId, /^[0-9a-f]{10}$/);
  t.is(info.platformId, (await rpc.call("getRequestCode")).platformId);
  t.truthy(info.firstStartTime);
  t.is(info.profile, "zstack-cloud");
  t.deepEqual(alertsOf(info), ["TEST_VENDOR_TRUSTED"]);
});

test("AP-1: the base license in force is shown with its meters, its modules beside it", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ service_end: now + 86_400, contract_number: "C-7", authorization_code: "A-7" });
  await rpc.install({ item: "backup", quotas: { vms: 10 } });
  const info = await rpc.call("getLicenseInfo");
  t.like(info.license, {
    item: "base",
    edition: "enterprise",
    licenseType: LicenseType.PAID,
    status: LicenseStatus.VALID,
    authorizationMethod: AuthorizationMethod.REQUEST_CODE,
    user: "Example Customer",
    contractNumber: "C-7",
    authorizationCode: "A-7",
    managementNodeId: info.managementNodeId,
    uploadSequence: 1n,
  });
  const cpus = info.license?.meters.find(({ key }) => key === "base/cpus");
  t.deepEqual(cpus, { key: "base/cpus", unit: "cpus", limit: 64n, used: 0n, available: 64n, over: false });
  t.deepEqual(
    info.additions.map(({ item }) => item),
    ["backup"],
  );
  t.deepEqual(
    info.additions[0]?.meters.map(({ key, limit }) => `${key} ${limit}`),
    ["backup/vms 10"],
  );
  t.like(info.service, { item: "base", licenseId: info.license?.id, expired: false });
  t.is(info.service?.expireTime?.getTime(), (now + 86_400) * 1000);
});

test("ZV-ST-1: when the base license has ended it is still shown, and the platform is expired", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const atTime = new Date(rpc.clock.now() + 366 * DAY_MS);
  const info = await rpc.call("getLicenseInfo", { atTime });
  t.is(info.status, PlatformStatus.EXPIRED);
  t.like(info.license, { edition: "enterprise", status: LicenseStatus.EXPIRED, expired: true });
  t.is((await rpc.call("getLicenseInfo")).status, PlatformStatus.VALID);
});

test("LI-4: a base license that is only pending stands beside the no-license state", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ nbf: now + 86_400 });
  const info = await rpc.call("getLicenseInfo");
  t.is(info.license?.licenseType, LicenseType.FREE);
  t.deepEqual(
    info.additions.map(({ item, status }) => `${item} ${nameOf(LicenseStatus, status)}`),
    ["base PENDING"],
  );
});

test("an answer that still holds is not sent again; the end of a license that decides nothing counts too", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ iat: now - 100, exp: now + 3_600 });
  await rpc.install({ iat: now - 90 });
  const first = await rpc.call("getLicenseInfo");
  t.is(nameOf(LicenseStatus, first.additions[0]?.status), "REPLACED");
  const known = { knownRevision: first.revision, knownEvaluatedAt: first.evaluatedAt };
  const second = await rpc.call("getLicenseInfo", known);
  t.true(second.unchanged);
  t.is(second.license, undefined);
  rpc.clock.jump(2 * 3_600_000);
  t.true((await rpc.call("getLicenseCapabilities", known)).unchanged);
  const third = await rpc.call("getLicenseInfo", known);
  t.false(third.unchanged);
  t.is(nameOf(LicenseStatus, third.additions[0]?.status), "EXPIRED");
});

test("a server without vendor keys says so", async (t) => {
  const rpc = await startRpcService(t, { isDevelopment: false });
  t.deepEqual(alertsOf(await rpc.call("getLicenseInfo")), ["NO_TRUST_ANCHORS"]);
});

test("a reload reads everything again and tells what is installed", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  await rpc.install({ item: "gpu" });
  const before = await rpc.call("getLicenseCapabilities");
  rpc.clock.jump(1_000);
  const reloaded = await rpc.call("reloadLicense");
  t.is(reloaded.licenseCount, 2);
  t.deepEqual(reloaded.revision, before.revision);
  t.true((reloaded.evaluatedAt?.getTime() ?? 0) > (before.evaluatedAt?.getTime() ?? 0));
  t.deepEqual((await rpc.call("getLicenseCapabilities")).evaluatedAt, reloaded.evaluatedAt);
});

/** Edits the database by hand, reloads, and answers what is shown then. */
async function afterEdit(rpc: RpcService, sql: string): Promise<GetLicenseInfoResponse> {
  await rpc.query(sql);
  await rpc.call("reloadLicense");
  return rpc.call("getLicenseInfo");
}

test("EV-8, threat 17: a license whose sequence was edited gives nothing, is named, and can be repaired", async (t) => {
  const rpc = await startRpcService(t);
  const packageBytes = Buffer.from(await rpc.issue({ quotas: { cpus: 128 } }));
  await rpc.call("uploadLicense", { package: packageBytes });
  const second = await rpc.install({ quotas: { cpus: 8 }, iat: Math.floor(rpc.clock.now() / 1000) - 10 });
  const first = (await rpc.call("getLicenseInfo")).additions[0]?.id ?? "";
  // The larger, replaced license is lifted over the one that replaced it.
  const info = await afterEdit(rpc, "update licenses set upload_sequence = 9 where upload_sequence = 1");
  t.is(info.license?.id, second.licenses[0]?.license?.id);
  t.deepEqual(alertsOf(info), ["TEST_VENDOR_TRUSTED", `TAMPERED_ROW ${first}`]);
  t.deepEqual(
    info.additions.map(({ id, status }) => `${id} ${nameOf(LicenseStatus, status)}`),
    [`${first} UNVERIFIED`],
  );
  t.is(info.license?.meters.find(({ key }) => key === "base/cpus")?.limit, 8n);
  const { records } = await rpc.call("getLicenseRecords");
  t.deepEqual(
    records.map(({ status }) => nameOf(LicenseStatus, status)),
    ["VALID", "UNVERIFIED"],
  );

  const deleted = await rpc.call("deleteLicense", { licenseId: first });
  t.deepEqual(deleted.deletedLicenseIds, [first]);
  t.deepEqual(deleted.capabilityChanges, []);
  t.deepEqual(alertsOf(await rpc.call("getLicenseInfo")), ["TEST_VENDOR_TRUSTED"]);
});

test("EV-8, threat 17: the file of a license whose row was edited repairs it by another upload", async (t) => {
  const rpc = await startRpcService(t);
  const packageBytes = Buffer.from(await rpc.issue());
  await rpc.call("uploadLicense", { package: packageBytes });
  const broken = await afterEdit(rpc, "update licenses set sequence_jws = 'x'");
  t.is(broken.license?.licenseType, LicenseType.FREE);
  t.is(alertsOf(broken).length, 2);
  const again = await rpc.call("uploadLicense", { package: packageBytes });
  t.is(again.licenses[0]?.license?.status, LicenseStatus.VALID);
  t.is(again.licenses[0]?.license?.uploadSequence, 2n);
  t.deepEqual(alertsOf(await rpc.call("getLicenseInfo")), ["TEST_VENDOR_TRUSTED"]);
});

test("EV-8, threat 17: edited signed bytes give nothing", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const info = await afterEdit(rpc, "update licenses set signed_bytes = replace(signed_bytes, '.', '.e')");
  t.is(info.license?.licenseType, LicenseType.FREE);
  t.deepEqual(
    info.additions.map(({ status }) => nameOf(LicenseStatus, status)),
    ["UNVERIFIED"],
  );
});

test("EV-8, threat 17: an edited first start is no first start, and is named", async (t) => {
  const rpc = await startRpcService(t);
  const info = await afterEdit(
    rpc,
    "update platform set first_start_at = first_start_at + interval '1 year'",
  );
  t.is(info.firstStartTime, undefined);
  t.deepEqual(alertsOf(info), ["TEST_VENDOR_TRUSTED", "TAMPERED_ROW platform"]);
});

test("EV-8, threat 17: the columns that repeat what a license says are a cache: editing them changes no right", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ exp: Math.floor(rpc.clock.now() / 1000) + 3_600 });
  const before = (await rpc.call("getLicenseCapabilities")).capabilities;
  const edit =
    "update licenses set ends_at = null, item = 'gpu', edition = null, term = 'formal', starts_at = '2000-01-01'";
  const info = await afterEdit(rpc, edit);
  t.deepEqual((await rpc.call("getLicenseCapabilities")).capabilities, before);
  t.deepEqual(alertsOf(info), ["TEST_VENDOR_TRUSTED", "LICENSE_TO_EXPIRE base"]);
});

test("EV-8: after an edit by hand an answer is never called unchanged", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const first = await rpc.call("getLicenseCapabilities");
  await afterEdit(rpc, "update licenses set sequence_jws = 'x'");
  const known = { knownRevision: first.revision, knownEvaluatedAt: first.evaluatedAt };
  const second = await rpc.call("getLicenseCapabilities", known);
  t.false(second.unchanged);
  t.deepEqual(second.revision, first.revision);
});
