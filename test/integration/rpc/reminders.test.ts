/** Reminders and alerts over the wire, and putting them off (ZL-5, EV-10). */
import { status } from "@grpc/grpc-js";
import { AlertKind, AlertSeverity, type GetLicenseInfoResponse } from "@license-service/contract";
import test from "ava";
import { pino } from "pino";
import { DAY_MS } from "../../../src/domain/license.ts";
import { nameOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";

const DAY_S = 86_400;

function alertsOf({ alerts }: GetLicenseInfoResponse): readonly string[] {
  return alerts
    .map(({ kind, subject }) => `${nameOf(AlertKind, kind)} ${subject}`)
    .filter((name) => !name.startsWith("TEST_VENDOR"));
}

/** A platform whose module gpu ends in ten days. */
async function withEndingModule(rpc: RpcService): Promise<void> {
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ edition: "standard" });
  await rpc.install({ item: "gpu", exp: now + 10 * DAY_S });
}

const GPU = { kind: AlertKind.MODULE_TO_EXPIRE, subject: "gpu" } as const;

test("EV-10: an alert tells since when it stands, when it is due, and what to do", async (t) => {
  const rpc = await startRpcService(t);
  await withEndingModule(rpc);
  const info = await rpc.call("getLicenseInfo");
  const alert = info.alerts.find(({ kind }) => kind === AlertKind.MODULE_TO_EXPIRE);
  const end = info.additions.find(({ item }) => item === "gpu")?.expireTime;
  t.is(alert?.severity, AlertSeverity.WARNING);
  t.deepEqual(alert?.dueTime, end);
  t.true((alert?.since?.getTime() ?? Number.POSITIVE_INFINITY) <= rpc.clock.now());
  t.regex(alert?.message ?? "", /module gpu end at /);
  t.regex(alert?.remedy ?? "", /send the request code to the vendor/);
  t.is(alert?.putOffUntil, undefined);
});

test("EV-2, EV-10: another instant is answered with the alerts that stand then", async (t) => {
  const rpc = await startRpcService(t);
  await withEndingModule(rpc);
  const at = (days: number) => ({ atTime: new Date(rpc.clock.now() + days * DAY_MS) });
  t.deepEqual(alertsOf(await rpc.call("getLicenseInfo", at(11))), ["MODULE_EXPIRED gpu"]);
  t.deepEqual(alertsOf(await rpc.call("getLicenseInfo", at(360))), [
    "LICENSE_TO_EXPIRE base",
    "MODULE_EXPIRED gpu",
  ]);
});

test("ZL-5: a reminder that is put off says so on every node, one that starts later too, and comes back the next day", async (t) => {
  const rpc = await startRpcService(t);
  await withEndingModule(rpc);
  const before = await rpc.call("getLicenseInfo");
  const answer = await rpc.call("putOffReminder", GPU);
  const until = answer.reminder?.putOffUntil?.getTime() ?? 0;
  t.true(until > rpc.clock.now() && until <= rpc.clock.now() + DAY_MS);
  t.like(answer.reminder, GPU);
  t.is(answer.revision?.revision, (before.revision?.revision ?? 0n) + 1n);

  const second = await startRpcService(t, { beside: rpc });
  for (const node of [rpc, second]) {
    const { alerts } = await node.call("getLicenseInfo", { minRevision: answer.revision });
    const alert = alerts.find(({ kind }) => kind === AlertKind.MODULE_TO_EXPIRE);
    t.is(alert?.putOffUntil?.getTime(), until);
  }
  rpc.clock.jump(until - rpc.clock.now());
  for (const node of [rpc, second]) {
    const { alerts } = await node.call("getLicenseInfo");
    const alert = alerts.find(({ kind }) => kind === AlertKind.MODULE_TO_EXPIRE);
    t.truthy(alert);
    t.is(alert?.putOffUntil, undefined);
  }
});

test("ZL-5: put off again, it is silent for a day from then; rows whose day is over go", async (t) => {
  const rpc = await startRpcService(t);
  await withEndingModule(rpc);
  await rpc.call("putOffReminder", GPU);
  rpc.clock.jump(DAY_MS / 2);
  const again = await rpc.call("putOffReminder", GPU);
  t.true((again.reminder?.putOffUntil?.getTime() ?? 0) > rpc.clock.now() + DAY_MS - 60_000);
  await rpc.install({ item: "cdp", exp: Math.floor(rpc.clock.now() / 1000) + 10 * DAY_S });
  rpc.clock.jump(2 * DAY_MS);
  await rpc.call("putOffReminder", { ...GPU, subject: "cdp" });
  t.deepEqual(await rpc.query("select subject from put_off_reminders"), [{ subject: "cdp" }]);
});

test("ZL-5: an alert of another kind cannot be put off, and one that does not stand neither; nothing changes", async (t) => {
  const rpc = await startRpcService(t);
  await withEndingModule(rpc);
  const before = await rpc.dump();
  const kinds = [AlertKind.MODULE_EXPIRED, AlertKind.INSUFFICIENT_QUOTA, AlertKind.LOCKED, 0, 99];
  for (const kind of kinds) {
    const error = await rpcErrorOf(rpc.call("putOffReminder", { kind, subject: "gpu" } as never));
    t.like(error, { code: status.INVALID_ARGUMENT, reason: "INVALID_REQUEST" });
    t.deepEqual(error.fields, ["kind"]);
  }
  const unnamed = await rpcErrorOf(rpc.call("putOffReminder", { ...GPU, subject: "" }));
  t.deepEqual(unnamed.fields, ["subject"]);
  const absent = await rpcErrorOf(rpc.call("putOffReminder", { ...GPU, subject: "cdp" }));
  t.like(absent, { code: status.FAILED_PRECONDITION, reason: "REMINDER_NOT_STANDING" });
  const hostile = await rpcErrorOf(
    rpc.call("putOffReminder", { ...GPU, subject: `\u001b[31m${"x".repeat(5000)}` }),
  );
  t.is(hostile.reason, "REMINDER_NOT_STANDING");
  t.true(hostile.message.length < 400);
  t.false(hostile.message.includes("\u001b"));
  t.is(await rpc.dump(), before);
  t.deepEqual(await rpc.query("select * from put_off_reminders"), []);
});

test("an answer is unchanged until a reminder begins, is put off or comes back", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ edition: "standard", exp: now + 20 * DAY_S });
  const knownOf = ({ revision, evaluatedAt }: GetLicenseInfoResponse) => ({
    knownRevision: revision,
    knownEvaluatedAt: evaluatedAt,
  });
  const first = await rpc.call("getLicenseInfo");
  t.true((await rpc.call("getLicenseInfo", knownOf(first))).unchanged);
  rpc.clock.jump(6 * DAY_MS);
  const reminded = await rpc.call("getLicenseInfo", knownOf(first));
  t.false(reminded.unchanged);
  t.deepEqual(alertsOf(reminded), ["LICENSE_TO_EXPIRE base"]);
  t.true((await rpc.call("getLicenseInfo", knownOf(reminded))).unchanged);
  await rpc.call("putOffReminder", { kind: AlertKind.LICENSE_TO_EXPIRE, subject: "base" });
  const silent = await rpc.call("getLicenseInfo", knownOf(reminded));
  t.false(silent.unchanged);
  rpc.clock.jump(DAY_MS);
  t.false((await rpc.call("getLicenseInfo", knownOf(silent))).unchanged);
});

test("ZL-5: who put off what is a line of the log, and an alert is a line when it begins and when it ends", async (t) => {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const rpc = await startRpcService(t, { log });
  await withEndingModule(rpc);
  await rpc.call("putOffReminder", GPU);
  await rpc.call("deleteLicense", { item: "gpu" });
  const said = lines
    .map((line) => JSON.parse(line))
    .filter(({ alert, msg }) => alert !== undefined || msg === "reminder put off");
  t.like(said[0], { alert: "MODULE_TO_EXPIRE", subject: "gpu", level: pino.levels.values["warn"] });
  t.like(said[1], { msg: "reminder put off", kind: "MODULE_TO_EXPIRE", subject: "gpu" });
  t.regex(said[1].identityId, /./);
  t.like(said[2], { alert: "MODULE_TO_EXPIRE", subject: "gpu", msg: "an alert stands no longer" });
  t.is(said.length, 3);
});

test("US-ED-1, US-TE-4: every base is shown with its meters, and a lock with the license that made it", async (t) => {
  const rpc = await startRpcService(t, { settings: { LICENSE_PROFILE: "unicloud-usphere" } });
  const now = Math.floor(rpc.clock.now() / 1000);
  const usphere = { profile: "unicloud-usphere", edition: "standard", quotas: { cpus: 8 } };
  await rpc.install({ ...usphere, term: "formal", exp: undefined });
  const temporary = await rpc.install({ ...usphere, term: "temporary", exp: now + DAY_S });
  const before = await rpc.call("getLicenseInfo");
  t.deepEqual(alertsOf(before), ["LOCK_PENDING base"]);
  t.is(before.lock, undefined);
  t.deepEqual(
    before.bases.map(({ item, edition, licenseIds }) => `${item} ${edition} ${licenseIds.length}`),
    ["base standard 2", "base-arm enterprise-plus 0"],
  );
  t.is(before.bases[0]?.meters.find(({ key }) => key === "base/cpus")?.limit, 16n);
  rpc.clock.jump(2 * DAY_MS);
  const locked = await rpc.call("getLicenseInfo");
  t.deepEqual(alertsOf(locked), ["LOCKED base"]);
  t.deepEqual(locked.lock, {
    since: new Date((now + DAY_S) * 1000),
    item: "base",
    licenseId: temporary.licenses[0]?.license?.id ?? "",
  });
  await rpc.call("reloadLicense");
  const free = await rpc.call("getLicenseInfo");
  t.deepEqual(alertsOf(free), []);
  t.is(free.lock, undefined);
});

test("US-UP-1: an upgrade license shows the edition that it lifts", async (t) => {
  const rpc = await startRpcService(t, { settings: { LICENSE_PROFILE: "unicloud-usphere" } });
  const usphere = {
    profile: "unicloud-usphere",
    term: "formal",
    quotas: { cpus: 8 },
    exp: undefined,
  } as const;
  await rpc.install({ ...usphere, edition: "standard" });
  await rpc.install({ ...usphere, edition: "enterprise", from_edition: "standard" });
  const { license, additions, bases } = await rpc.call("getLicenseInfo");
  t.is(license?.fromEdition, "");
  t.deepEqual(
    additions.map(({ fromEdition, edition }) => `${fromEdition} to ${edition}`),
    ["standard to enterprise"],
  );
  t.is(bases[0]?.edition, "enterprise");
});
