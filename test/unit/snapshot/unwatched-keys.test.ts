import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { NO_USB_STATE, newKeyState } from "../../../src/domain/usb/usb-state.ts";
import type { SnapshotHub } from "../../../src/snapshot/snapshot-hub.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { makeUsbKey, storeUsbState } from "../../helpers/usb-keys.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

const START = ISSUED_AT + DAY_MS;

test("EV-4: what a key gives that nobody looks at ends when a buffer would, and a look at it takes that back", async (t) => {
  const platform = await createTestPlatform(START);
  const key = makeUsbKey("KEY-1");
  await platform.install(key.claims);
  const state = { ...newKeyState(key), givesOn: "node-1", givesSince: START };
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY", keys: [state] });
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const told: unknown[] = [];
  hub.subscribe((snapshot) => told.push(snapshot));
  const { keyId, thumbprint } = key;
  const watched = billing(hub);
  t.like(watched, { state: "ENABLED" });

  const unwatched = [{ keyId, thumbprint, since: START }];
  hub.noteUnwatched(unwatched);
  t.like(billing(hub), { state: "ENABLED", expiresAt: START + 30 * DAY_MS, bufferEndsAt: undefined });
  t.is(told.length, 1);
  hub.noteUnwatched([...unwatched]);
  t.is(told.length, 1);
  platform.time.jump(30 * DAY_MS);
  t.like(billing(hub), { state: "VIEW_ONLY", reason: "USB_KEY_LOST" });

  hub.noteUnwatched([]);
  t.like(billing(hub), { state: "ENABLED", expiresAt: watched?.expiresAt });
});

test("EV-4: it is bounded as well after the state was read anew", async (t) => {
  const platform = await createTestPlatform(START);
  const key = makeUsbKey("KEY-1");
  await platform.install(key.claims);
  const state = { ...newKeyState(key), givesOn: "node-1", givesSince: START };
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY", keys: [state] });
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const { keyId, thumbprint } = key;
  hub.noteUnwatched([{ keyId, thumbprint, since: START }]);
  await hub.refresh();
  t.like(billing(hub), { expiresAt: START + 30 * DAY_MS });
});

function billing(hub: SnapshotHub) {
  return hub.current().evaluation.capabilities.find((one) => one.key === "billing");
}
