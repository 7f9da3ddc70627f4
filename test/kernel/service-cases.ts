/** What a whole server makes of keys in the ports of a real kernel. */
import assert from "node:assert/strict";
import {
  type Capability,
  CapabilityState,
  UsbKeyProblem,
  UsbStatus,
  UsbUnavailableReason,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import { DAY_MS } from "../../src/domain/license.ts";
import { makeKey, withBlob } from "../helpers/emulated-keys.ts";
import type { Platform } from "./platform.ts";
import type { KernelCase } from "./results.ts";

/** What enterprise gives and the no-license state does not. */
const CAPABILITY = "billing";

/** How far the clocks of host and guest, and the last sight of a key, may be apart. */
const TOLERANCE_MS = 15_000;

/** The cases of one server; each begins where the one before it ends. */
export function serviceCases(platform: Platform): readonly KernelCase[] {
  let plugged: { pull(): Promise<void> } | undefined;
  return [
    {
      title: "UK-NO-1: a server that is not root reads the ports of its kernel, by the shipped udev rule",
      run: () => readsPorts(platform),
    },
    {
      title:
        "threat 25: a key with the id, serial number and licenses of another, but a private key of its own, gives nothing",
      run: () => refusesCopy(platform),
    },
    {
      title: "UK-ID-2, UK-ST-2: a key that is plugged in turns a capability on in a watch",
      run: async () => {
        plugged = await licenses(platform);
      },
    },
    {
      title: "UK-BU-2: once it is pulled its rights go on for 30 days, and the watch says until when",
      run: async () => {
        assert.ok(plugged, "the key was plugged in");
        await buffers(platform, plugged);
      },
    },
  ];
}

async function readsPorts({ call }: Platform): Promise<void> {
  const { unavailableReason, unavailableMessage, status } = await call("listUsbKeys");
  const isWaiting = unavailableReason === UsbUnavailableReason.NO_SCAN;
  assert.ok(isWaiting || unavailableReason === UsbUnavailableReason.UNSPECIFIED, unavailableMessage);
  assert.equal(status, UsbStatus.UNSPECIFIED);
}

async function refusesCopy(platform: Platform): Promise<void> {
  const copy = withBlob(makeKey({ keyId: platform.key.name.keyId }), await platform.license());
  const plugged = await platform.plug(copy);
  const { keys, status } = await platform.untilListed((list) =>
    list.keys.some(({ problem }) => problem !== 0),
  );
  assert.deepEqual(
    keys.map(({ problem }) => problem),
    [UsbKeyProblem.COPY],
  );
  assert.equal(status, UsbStatus.UNSPECIFIED);
  const { capabilities } = await platform.call("getLicenseCapabilities");
  assert.notEqual(capabilities.find(({ key }) => key === CAPABILITY)?.state, CapabilityState.ENABLED);
  await plugged.pull();
  await platform.untilListed((list) => list.keys.length === 0);
}

async function licenses(platform: Platform): Promise<{ pull(): Promise<void> }> {
  const first = await platform.watch.next((message) => billingIn(message) !== undefined);
  assert.notEqual(billingIn(first)?.state, CapabilityState.ENABLED);
  const plugged = await platform.plug(withBlob(platform.key, await platform.license()));
  await platform.watch.next((message) => billingIn(message)?.state === CapabilityState.ENABLED);
  const { status, keys } = await platform.call("listUsbKeys");
  assert.equal(status, UsbStatus.READY);
  assert.equal(keys[0]?.publicKeyThumbprint, platform.key.name.thumbprint);
  return plugged;
}

async function buffers(platform: Platform, plugged: { pull(): Promise<void> }): Promise<void> {
  const pulledAt = Date.now();
  await plugged.pull();
  const message = await platform.watch.next((one) => billingIn(one)?.bufferExpireTime !== undefined);
  const billing = billingIn(message);
  assert.equal(billing?.state, CapabilityState.ENABLED);
  const endsAt = billing?.bufferExpireTime?.getTime() ?? 0;
  assert.ok(Math.abs(endsAt - pulledAt - 30 * DAY_MS) < TOLERANCE_MS, new Date(endsAt).toISOString());
  const { usbStatus, usbBuffers } = await platform.call("getLicenseInfo");
  assert.equal(usbStatus, UsbStatus.MISSING);
  assert.equal(usbBuffers[0]?.expireTime?.getTime(), endsAt);
}

function billingIn({ snapshot }: WatchLicenseCapabilitiesResponse): Capability | undefined {
  return snapshot?.capabilities.find(({ key }) => key === CAPABILITY);
}
