import { setTimeout as after } from "node:timers/promises";
import { CapabilityState, UsbStatus } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { licenseFor, makeKey, plugKey } from "../../helpers/emulated-keys.ts";
import type { RpcService } from "../../helpers/rpc-service.ts";
import { type FaultyNetwork, openFaultyNetwork } from "../store/faulty-network.ts";
import { makeLicensedKey, startWithPorts } from "./_keys.ts";

/** What enterprise gives and the no-license state does not. */
const KEY = "billing";

/** Longer than an absence may be without being a removal. */
const DEBOUNCED_MS = 11_000;

test("ZC-AM-4, UK-BU-7: a key on either node licenses both, and moving it to the other node is no removal", async (t) => {
  const first = await startWithPorts(t);
  const second = await startWithPorts(t, { beside: first });
  const key = await makeLicensedKey(first, "KEY-1");
  const watch = second.watch();
  const plugged = await plugKey(t, first, key);
  await watch.next(({ snapshot }) => stateOf(snapshot)?.state === CapabilityState.ENABLED);
  await plugged.pull();
  await plugKey(t, second, key);
  const place = async () => (await second.call("listUsbKeys")).keys.find(({ status }) => status === 1);
  await until(async () => (await place())?.managementNodeId === (await nodeIdOf(second)));
  await after(DEBOUNCED_MS);
  const { status, buffers } = await first.call("listUsbKeys");
  t.deepEqual({ status, buffers }, { status: UsbStatus.READY, buffers: [] });
  const [row] = await stateRows(first);
  t.is(row?.removedAt, undefined);
});

test("UK-BU-8, ZC-AM-4: two nodes that see one removal write one buffer, and both show its end", async (t) => {
  const first = await startWithPorts(t);
  const second = await startWithPorts(t, { beside: first });
  const plugged = await plugKey(t, first, await makeLicensedKey(first, "KEY-1"));
  await until(async () => (await second.call("listUsbKeys")).status === UsbStatus.READY);
  const before = await revisionOf(first);
  await plugged.pull();
  const watch = second.watch();
  const shown = await watch.next(({ snapshot }) => stateOf(snapshot)?.bufferExpireTime !== undefined);
  await until(async () => (await first.call("getLicenseInfo")).usbBuffers.length === 1);
  // Further looks of both nodes write nothing.
  await after(2 * 1_000);
  t.is((await revisionOf(first)) - before, 1n);
  const [row] = await stateRows(first);
  t.is(row?.bufferEndsAt, stateOf(shown.snapshot)?.bufferExpireTime?.getTime());
  t.is((row?.bufferEndsAt ?? 0) - (row?.removedAt ?? 0), 30 * DAY_MS);
});

test("ZC-AM-5: a license for a key that is in a port of another node is taken on this one", async (t) => {
  const first = await startWithPorts(t);
  const second = await startWithPorts(t, { beside: first });
  const key = makeKey({ keyId: "KEY-1", algorithm: "ES256" });
  const bytes = await licenseFor(first, key);
  const refused = await t.throwsAsync(second.call("uploadLicense", { package: bytes }));
  t.like(refused, { reason: "USB_KEY_NOT_INSERTED" });
  await plugKey(t, first, key);
  await until(async () => (await first.call("listUsbKeys")).keys.length === 1);
  const other = await licenseFor(first, makeKey({ keyId: "KEY-2" }));
  t.like(await t.throwsAsync(second.call("uploadLicense", { package: other })), {
    reason: "USB_KEY_MISMATCH",
  });
  await second.call("uploadLicense", { package: bytes });
  await until(async () => (await second.call("listUsbKeys")).status === UsbStatus.READY);
  const { capabilities } = await second.call("getLicenseCapabilities");
  t.is(capabilities.find((one) => one.key === KEY)?.state, CapabilityState.ENABLED);
});

test("UK-BU-9: a restart of the service is no removal, and writes nothing", async (t) => {
  const before = await startWithPorts(t);
  await plugKey(t, before, await makeLicensedKey(before, "KEY-1"));
  await until(async () => (await before.call("listUsbKeys")).status === UsbStatus.READY);
  const revision = await revisionOf(before);
  const rows = await stateRows(before);
  await before.service.stop();
  await after(DEBOUNCED_MS);
  const again = await startWithPorts(t, { place: before.place });
  await until(async () => (await again.call("listUsbKeys")).keys.length === 1);
  t.like(await again.call("listUsbKeys"), { status: UsbStatus.READY, buffers: [] });
  t.deepEqual(await stateRows(again), rows);
  t.is(await revisionOf(again), revision);
});

test("UK-BU-9: the database away for longer than the debounce is no removal; a key pulled meanwhile is one, from its last sight", async (t) => {
  const ready = Promise.withResolvers<FaultyNetwork>();
  const rpc = await startWithPorts(t, {
    route: async (databaseUrl) => {
      const network = await openFaultyNetwork(t, databaseUrl);
      ready.resolve(network);
      return network.url;
    },
  });
  const network = await ready.promise;
  const plugged = await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-1"));
  await until(async () => (await rpc.call("listUsbKeys")).status === UsbStatus.READY);
  const rows = await stateRows(rpc);
  await network.cut();
  await after(DEBOUNCED_MS);
  await network.repair();
  await until(async () => (await rpc.call("getLicenseInfo")).staleSince === undefined);
  await after(2_000);
  t.deepEqual(await stateRows(rpc), rows);

  await network.cut();
  const pulledAt = Date.now();
  await plugged.pull();
  await after(DEBOUNCED_MS);
  const { capabilities } = await rpc.call("getLicenseCapabilities");
  t.is(capabilities.find((one) => one.key === KEY)?.state, CapabilityState.ENABLED);
  await network.repair();
  await until(async () => (await rpc.call("listUsbKeys")).buffers.length === 1);
  const [row] = await stateRows(rpc);
  t.true(Math.abs((row?.removedAt ?? 0) - pulledAt) < 8_000);
});

function stateOf(snapshot: { readonly capabilities: readonly CapabilityLike[] } | undefined) {
  return snapshot?.capabilities.find((one) => one.key === KEY);
}

interface CapabilityLike {
  readonly key: string;
  readonly state: CapabilityState;
  readonly bufferExpireTime?: Date | undefined;
}

/** Asks until it is so; AVA's timeout ends what never is. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await after(50);
}

async function nodeIdOf(rpc: RpcService): Promise<string> {
  return (await rpc.call("getLicenseInfo")).managementNodeId;
}

async function revisionOf(rpc: RpcService): Promise<bigint> {
  const [row] = await rpc.query<{ revision: string }>("select revision from store");
  return BigInt(row?.revision ?? 0);
}

interface StateRow {
  readonly keyId: string;
  readonly removedAt?: number;
  readonly bufferEndsAt?: number;
}

/** What the signed state says of its keys. */
async function stateRows(rpc: RpcService): Promise<readonly StateRow[]> {
  const [row] = await rpc.query<{ document: string }>("select document from usb_state");
  const payload = JSON.parse(Buffer.from(row?.document.split(".")[1] ?? "", "base64url").toString());
  return JSON.parse(payload.state).keys;
}
