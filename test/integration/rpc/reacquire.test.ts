/** A platform that is locked, and what lifts the lock: on every node, once, and never by an edit of the database. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AlertKind,
  type GetLicenseCapabilitiesResponse,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { standingOf } from "../../helpers/rpc-answers.ts";
import {
  type IssueClaims,
  type RpcService,
  type RpcServiceOptions,
  startRpcService,
  type Teardown,
} from "../../helpers/rpc-service.ts";

const PRODUCT = "unicloud-usphere";

function startLockable(t: Teardown, options: RpcServiceOptions = {}): Promise<RpcService> {
  return startRpcService(t, { ...options, settings: { LICENSE_PROFILE: PRODUCT } });
}

function claimsOf(claims: IssueClaims): IssueClaims {
  return {
    profile: PRODUCT,
    edition: "standard",
    term: "formal",
    quotas: { cpus: 16 },
    exp: undefined,
    ...claims,
  };
}

function seconds(rpc: RpcService, days: number): number {
  return Math.floor((rpc.clock.now() + days * DAY_MS) / 1000);
}

/** A temporary license of a day beside a formal one. */
async function installBoth(rpc: RpcService): Promise<void> {
  await rpc.install(claimsOf({}));
  await rpc.install(claimsOf({ term: "temporary", exp: seconds(rpc, 1), quotas: { cpus: 8 } }));
}

async function compute(rpc: RpcService): Promise<string> {
  return standingOf(await rpc.call("getLicenseCapabilities"), "compute");
}

async function revisionOf(rpc: RpcService): Promise<bigint | undefined> {
  return (await rpc.call("getLicenseCapabilities")).revision?.revision;
}

test("US-TE-4, US-TE-6: a reload lifts the lock, once; before the temporary's end and when nothing is locked it has no effect", async (t) => {
  const rpc = await startLockable(t);
  await installBoth(rpc);
  const before = await rpc.dump();
  await rpc.call("reloadLicense");
  t.is(await rpc.dump(), before);
  rpc.clock.jump(2 * DAY_MS);
  t.is(await compute(rpc), "VIEW_ONLY PLATFORM_LOCKED");
  const reloaded = await rpc.call("reloadLicense");
  t.is(await compute(rpc), "ENABLED GRANTED");
  t.is(reloaded.revision?.revision, 3n);
  t.is(await revisionOf(rpc), 3n);
  const lifted = await rpc.dump();
  await rpc.call("reloadLicense");
  t.is(await rpc.dump(), lifted);
});

test("US-TE-6: a reload on one node lifts the lock on every node", async (t) => {
  const first = await startLockable(t);
  await installBoth(first);
  const second = await startLockable(t, { beside: first });
  t.is(await compute(second), "ENABLED GRANTED");
  first.clock.jump(2 * DAY_MS);
  for (const rpc of [first, second]) t.is(await compute(rpc), "VIEW_ONLY PLATFORM_LOCKED");
  const watch = second.watch();
  await first.call("reloadLicense");
  const isLifted = (snapshot: GetLicenseCapabilitiesResponse | undefined) =>
    snapshot !== undefined && standingOf(snapshot, "compute") === "ENABLED GRANTED";
  await watch.next(({ snapshot }) => isLifted(snapshot));
  for (const rpc of [first, second]) t.is(await compute(rpc), "ENABLED GRANTED");
  const rows = await first.query("select * from reacquisitions");
  t.is(rows.length, 3);
});

test("US-TE-6: two nodes that reload at once re-acquire once", async (t) => {
  const first = await startLockable(t);
  await installBoth(first);
  const second = await startLockable(t, { beside: first });
  first.clock.jump(2 * DAY_MS);
  await Promise.all([first.call("reloadLicense"), second.call("reloadLicense")]);
  t.is((await first.query("select * from reacquisitions")).length, 3);
});

test("US-TE-6: an upload that installs something lifts the lock; the same bytes again and a dry run do not", async (t) => {
  const rpc = await startLockable(t);
  const known = await rpc.issue(claimsOf({}));
  await rpc.call("uploadLicense", { package: Buffer.from(known) });
  await rpc.install(claimsOf({ term: "temporary", exp: seconds(rpc, 1), quotas: { cpus: 8 } }));
  rpc.clock.jump(2 * DAY_MS);
  const locked = await rpc.dump();
  await rpc.call("uploadLicense", { package: Buffer.from(known) });
  t.is(await rpc.dump(), locked);
  const more = Buffer.from(await rpc.issue(claimsOf({ quotas: { cpus: 4 } })));
  const dry = await rpc.call("uploadLicense", { package: more, validateOnly: true });
  t.is(await rpc.dump(), locked);
  t.is(await compute(rpc), "VIEW_ONLY PLATFORM_LOCKED");
  t.true(dry.capabilityChanges.some(({ key }) => key === "compute"));
  t.deepEqual(
    dry.stoppedAlerts.map(({ kind }) => kind),
    [AlertKind.LOCKED],
  );
  const real = await rpc.call("uploadLicense", { package: more });
  t.deepEqual(real.capabilityChanges, dry.capabilityChanges);
  t.deepEqual(real.quotaChanges, dry.quotaChanges);
  t.is(await compute(rpc), "ENABLED GRANTED");
});

test("US-TE-6: a file of the drop folder that installs something lifts the lock in the same reload", async (t) => {
  const rpc = await startLockable(t);
  await rpc.install(claimsOf({ term: "temporary", exp: seconds(rpc, 1), quotas: { cpus: 8 } }));
  await rpc.install(claimsOf({ quotas: { cpus: 4 } }));
  rpc.clock.jump(2 * DAY_MS);
  t.is(await compute(rpc), "VIEW_ONLY PLATFORM_LOCKED");
  const dropped = await rpc.issue(claimsOf({ quotas: { cpus: 2 } }));
  await writeFile(join(rpc.place.dataDirectory, "drop", "more.lic"), dropped);
  const { droppedFiles } = await rpc.call("reloadLicense");
  t.is(droppedFiles[0]?.installedLicenseIds.length, 1);
  t.is(await compute(rpc), "ENABLED GRANTED");
  t.is((await rpc.query("select * from reacquisitions")).length, 3);
});

test("US-TE-6: a product without the lock ends each license on its own date and writes no re-acquisition", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  await rpc.call("reloadLicense");
  t.deepEqual(await rpc.query("select * from reacquisitions"), []);
});

const EDITS = [
  "reacquired_at = reacquired_at - interval '1 second'",
  "reacquired_at = reacquired_at + interval '1 day'",
  "revision = revision + 1",
  "row_jws = reverse(row_jws)",
  "row_jws = (select first_start_jws from platform)",
  "row_jws = (select min(sequence_jws) from licenses)",
];

test("EV-8, threat 17: a re-acquisition that was edited by hand did not happen, and says so", async (t) => {
  const rpc = await startLockable(t);
  await installBoth(rpc);
  rpc.clock.jump(2 * DAY_MS);
  await rpc.call("reloadLicense");
  await rpc.query("create table saved as select * from reacquisitions");
  const watch = rpc.watch();
  const reason = async (wanted: string) => {
    await rpc.query("select pg_notify('license_revision', '')");
    await watch.next(({ snapshot }) => snapshot !== undefined && standingOf(snapshot, "compute") === wanted);
  };
  await reason("ENABLED GRANTED");
  for (const edit of EDITS) {
    await rpc.query(`update reacquisitions set ${edit} where revision = 3`);
    await reason("VIEW_ONLY PLATFORM_LOCKED");
    const { alerts } = await rpc.call("getLicenseInfo");
    t.true(
      alerts.some(({ kind }) => kind === AlertKind.TAMPERED_ROW),
      edit,
    );
    await rpc.query("delete from reacquisitions; insert into reacquisitions select * from saved");
    await reason("ENABLED GRANTED");
  }
  await rpc.query("delete from reacquisitions");
  await reason("VIEW_ONLY PLATFORM_LOCKED");
});

test("EV-8, threat 17: an earlier re-acquisition cannot be moved to a later instant", async (t) => {
  const rpc = await startLockable(t);
  await installBoth(rpc);
  rpc.clock.jump(2 * DAY_MS);
  t.is(await compute(rpc), "VIEW_ONLY PLATFORM_LOCKED");
  const watch = rpc.watch();
  const hasSnapshot = ({ snapshot }: WatchLicenseCapabilitiesResponse) => snapshot !== undefined;
  await watch.next(hasSnapshot);
  const edited = watch.next(hasSnapshot);
  const at = new Date(rpc.clock.now()).toISOString();
  await rpc.query(
    `update reacquisitions set reacquired_at = '${at}';
     insert into reacquisitions (reacquired_at, revision, row_jws, node_id)
     select '${at}', revision + 10, row_jws, node_id from reacquisitions;
     select pg_notify('license_revision', '')`,
  );
  const { snapshot } = await edited;
  t.is(standingOf(snapshot, "compute"), "VIEW_ONLY PLATFORM_LOCKED");
  const { alerts } = await rpc.call("getLicenseInfo");
  t.is(alerts.filter(({ kind }) => kind === AlertKind.TAMPERED_ROW).length, 4);
  const dry = await rpc.call("uploadLicense", {
    package: Buffer.from(await rpc.issue(claimsOf({ quotas: { cpus: 1 } }))),
    validateOnly: true,
  });
  t.true(dry.stoppedAlerts.some(({ kind }) => kind === AlertKind.LOCKED));
});
