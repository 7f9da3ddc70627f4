/** Threats 17 and 18: somebody puts older rows back, so that a buffer would be had twice. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AlertKind, CapabilityReason, type GetLicenseCapabilitiesResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import type { UsbState } from "../../../src/domain/usb/usb-state.ts";
import { type PlatformKey, readPlatformKey } from "../../../src/platform/platform-key.ts";
import { readUsbStateRow, signUsbState } from "../../../src/platform/usb-rows.ts";
import { openDatabase } from "../../../src/store/open-database.ts";
import { createStore } from "../../../src/store/store.ts";
import { EMULATED, plugKey } from "../../helpers/emulated-keys.ts";
import type { RpcService } from "../../helpers/rpc-service.ts";
import { makeLicensedKey, startWithPorts } from "./_keys.ts";

/** What enterprise gives and the no-license state does not. */
const CAPABILITY = "billing";

const TABLES = ["store", "licenses", "license_records", "revisions", "usb_state", "usb_sights"];

/** Keeps what a backup would keep; the returned function puts it back at once, as a restore does. */
async function backUp({ query }: RpcService): Promise<() => Promise<void>> {
  for (const table of TABLES) await query(`create table backup_${table} as table ${table}`);
  return async () => {
    const back = TABLES.map(
      (table) => `delete from ${table}; insert into ${table} select * from backup_${table};`,
    );
    await query(`begin; ${back.join(" ")} commit`);
  };
}

async function keyOf({ place }: RpcService): Promise<PlatformKey> {
  const key = await readPlatformKey(place.dataDirectory);
  if (key === undefined) throw new Error("a platform has its key");
  return key;
}

async function storedState(rpc: RpcService): Promise<UsbState> {
  const [row] = await rpc.query<{ document: string }>("select document from usb_state");
  const signed = await readUsbStateRow((await keyOf(rpc)).publicKeyX, row?.document ?? "");
  if (signed === undefined) throw new Error("the state does not verify");
  return signed.state;
}

/** Lets time have passed: writes what the platform would remember, signed, with a revision of its own. */
async function remember(t: ExecutionContext, rpc: RpcService, change: (state: UsbState) => UsbState) {
  const knex = await openDatabase(rpc.place.databaseUrl, { log: (line) => t.log(line) });
  const key = await keyOf(rpc);
  const state = change(await storedState(rpc));
  await createStore(knex).write(async (tx) =>
    tx.setUsbState(await signUsbState(key, state, tx.nextRevision.revision)),
  );
  await knex.destroy();
}

/** The key was removed 40 days ago before, so that a removal now has no buffer. */
function removedBefore(state: UsbState): UsbState {
  const removedAt = Date.now() - 40 * DAY_MS;
  const [first, ...others] = state.keys;
  if (first === undefined) throw new Error("no key is known");
  return { ...state, keys: [{ ...first, removedAt, bufferEndsAt: removedAt + 30 * DAY_MS }, ...others] };
}

function keptIn({ place }: RpcService): Promise<string> {
  return readFile(join(place.dataDirectory, "usb-state.jws"), "utf8").catch(() => "");
}

/** Waits until the data directory holds what the database has. */
async function untilKept(rpc: RpcService): Promise<void> {
  for (;;) {
    const [row] = await rpc.query<{ document: string }>("select document from usb_state");
    if ((await keptIn(rpc)) === row?.document) return;
    await rpc.call("reloadLicense");
  }
}

async function reasonFor(rpc: RpcService): Promise<CapabilityReason | undefined> {
  const { capabilities } = await rpc.call("getLicenseCapabilities");
  return capabilities.find(({ key }) => key === CAPABILITY)?.reason;
}

/** A platform with a key in its port, a backup of that, and a key whose buffer was over before. */
async function prepare(t: ExecutionContext) {
  const rpc = await startWithPorts(t, { pollMs: 100 });
  const plugged = await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-1"));
  await rpc.call("reloadLicense");
  t.is(await reasonFor(rpc), CapabilityReason.GRANTED);
  const putBack = await backUp(rpc);
  await remember(t, rpc, removedBefore);
  await rpc.call("reloadLicense");
  await untilKept(rpc);
  return { rpc, plugged, putBack };
}

function isLost(snapshot: GetLicenseCapabilitiesResponse | undefined): boolean {
  if (snapshot === undefined) return false;
  return snapshot.capabilities.some(
    ({ key, reason }) => key === CAPABILITY && reason === CapabilityReason.USB_KEY_LOST,
  );
}

test("threat 18: a database from before a removal, put back under a running node, renews no buffer", async (t) => {
  const { rpc, plugged, putBack } = await prepare(t);
  await plugged.pull();
  const watch = rpc.watch();
  await watch.next(({ snapshot }) => isLost(snapshot));
  await putBack();
  await watch.next(({ snapshot }) => snapshot?.revision?.epoch === 2n && isLost(snapshot));
  const { keys, historyLostAt } = await storedState(rpc);
  t.is(historyLostAt, undefined);
  t.true((keys[0]?.bufferEndsAt ?? Number.POSITIVE_INFINITY) < Date.now());
  const { alerts } = await rpc.call("getLicenseInfo");
  t.true(alerts.some(({ kind }) => kind === AlertKind.DATABASE_RESTORED));
});

test("threat 18: a database from before a removal, put back under a node that stands still, renews no buffer", async (t) => {
  const { rpc, plugged, putBack } = await prepare(t);
  await rpc.service.stop();
  await plugged.pull();
  await putBack();
  const again = await startWithPorts(t, { pollMs: 100, place: rpc.place, settings: EMULATED });
  const watch = again.watch();
  await watch.next(({ snapshot }) => isLost(snapshot));
  t.true(((await storedState(again)).keys[0]?.bufferEndsAt ?? Number.POSITIVE_INFINITY) < Date.now());
});

test("threat 18: on a new database the kept history goes on, and no buffer of before runs", async (t) => {
  const { rpc, plugged } = await prepare(t);
  await plugged.pull();
  await rpc.call("reloadLicense");
  await rpc.service.stop();
  await rpc.query("update usb_state set document = null; delete from licenses; delete from license_records");
  const again = await startWithPorts(t, { place: rpc.place });
  const { keys, historyLostAt } = await storedState(again);
  t.is(historyLostAt, undefined);
  t.is(keys[0]?.isBufferVoid, true);
  t.is(keys[0]?.takenIds.length, 1);
});

test("EV-8: a history that was taken away while no node ran counts as lost, and is begun anew", async (t) => {
  const { rpc, plugged } = await prepare(t);
  await plugged.pull();
  await rpc.service.stop();
  await rpc.query("delete from usb_state");
  const again = await startWithPorts(t, { place: rpc.place });
  t.true(((await storedState(again)).historyLostAt ?? 0) > Date.now() - 60_000);
});

test("threat 17: an older history put back by hand is not believed, and the next look goes on from the later one", async (t) => {
  const { rpc, plugged } = await prepare(t);
  await plugged.pull();
  const watch = rpc.watch();
  await watch.next(({ snapshot }) => isLost(snapshot));
  await rpc.query("update usb_state set document = (select document from backup_usb_state)");
  await rpc.call("reloadLicense");
  await rpc.call("reloadLicense");
  t.is(await reasonFor(rpc), CapabilityReason.USB_KEY_LOST);
  const { historyLostAt, keys } = await storedState(rpc);
  t.truthy(historyLostAt);
  t.true((keys[0]?.bufferEndsAt ?? Number.POSITIVE_INFINITY) < Date.now());
});

test("threat 18: the first start of all writes an empty history once, without a revision", async (t) => {
  const rpc = await startWithPorts(t);
  t.deepEqual((await storedState(rpc)).keys, []);
  t.is((await rpc.call("getLicenseCapabilities")).revision?.revision, 0n);
  await untilKept(rpc);
  await rpc.service.stop();
  const before = await rpc.query("select document from usb_state");
  const again = await startWithPorts(t, { place: rpc.place });
  t.deepEqual(await again.query("select document from usb_state"), before);
});
