import { CapabilityReason, CapabilityState, UsbKeyProblem, UsbStatus } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { EMULATED, licenseFor, makeKey, plugKey, withBlob } from "../../helpers/emulated-keys.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

/** What enterprise gives and the no-license state does not. */
const KEY = "billing";

test("UK-ID-2, UK-BU-2: a key licenses the platform when it is plugged in, and a buffer carries its rights once it is pulled", async (t) => {
  const rpc = await startRpcService(t, { settings: EMULATED });
  const blank = makeKey({ keyId: "KEY-1" });
  const key = withBlob(blank, await licenseFor(rpc, blank));
  const watch = rpc.watch();
  const stateOf = (message: Awaited<ReturnType<typeof watch.next>>) =>
    message.snapshot?.capabilities.find((one) => one.key === KEY);
  const plugged = await plugKey(t, rpc, key);
  await watch.next((message) => stateOf(message)?.state === CapabilityState.ENABLED);
  const there = await rpc.call("listUsbKeys");
  t.like(there, { status: UsbStatus.READY, statusRule: "UK-ST-2" });
  t.like(there.keys[0], { keyId: "KEY-1", publicKeyThumbprint: key.name.thumbprint });
  t.is(there.keys[0]?.licenseIds.length, 1);

  const pulledAt = Date.now();
  await plugged.pull();
  const buffered = await watch.next((message) => stateOf(message)?.bufferExpireTime !== undefined);
  t.is(stateOf(buffered)?.state, CapabilityState.ENABLED);
  const endsAt = stateOf(buffered)?.bufferExpireTime?.getTime() ?? 0;
  t.true(Math.abs(endsAt - pulledAt - 30 * DAY_MS) < 10_000);
  t.is((await rpc.call("getLicenseInfo")).usbStatus, UsbStatus.MISSING);

  rpc.clock.jump(30 * DAY_MS + 1000);
  const after = await rpc.call("getLicenseCapabilities");
  t.is(after.capabilities.find((one) => one.key === KEY)?.reason, CapabilityReason.USB_KEY_LOST);
});

test("a copy with the id and the licenses of a key, but another private key, gives nothing", async (t) => {
  const rpc = await startRpcService(t, { settings: EMULATED });
  const key = makeKey({ keyId: "KEY-1" });
  const blob = await licenseFor(rpc, key);
  const copy = withBlob(makeKey({ keyId: "KEY-1" }), blob);
  await plugKey(t, rpc, copy);
  const { usbScans } = await rpc.call("reloadLicense");
  t.is(usbScans.length, 1);
  const { keys, status } = await rpc.call("listUsbKeys");
  t.is(status, UsbStatus.UNSPECIFIED);
  t.like(keys[0], { keyId: "KEY-1", problem: UsbKeyProblem.COPY });
  t.is((await rpc.call("getLicenseInfo")).additions.length, 0);
});
