/** What only a host with a kernel, users and a device manager can show. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { readKey } from "../../../src/usb/protocol/exchange.ts";
import { REQUEST } from "../../../src/usb/protocol/requests.ts";
import { faultOf, keysIn, theKey, type UsbPlace, untilKeys, using } from "../../contract/usb-bus.ts";
import { keyWith } from "../../contract/usb-devices.ts";
import { openKeyAs, startChild } from "./children.ts";

/** An account without any rights. */
const SOMEBODY = { uid: 1000, gid: 1000 };
/** Of the shipped udev rule. */
const KEYS_GROUP = 4242;

/** A case that needs the kernel. */
export interface PlaceCase {
  readonly title: string;
  run(place: UsbPlace): Promise<void>;
}

/** Before a device manager runs, as in many containers. */
export const CASES_WITHOUT_UDEVD: readonly PlaceCase[] = [
  { title: "UK-NO-1: without udevd nothing is told, and a key is found by asking", run: findsByAsking },
];

/** With a device manager. */
export const CASES_WITH_UDEVD: readonly PlaceCase[] = [
  { title: "what is plugged in and pulled is told, and can be opened as soon as it is", run: tellsChanges },
  { title: "UK-NO-1: who has no right on a key sees it and may not open it", run: keepsRights },
  {
    title: "UK-NO-1: the shipped udev rule lets the group license-keys read keys as no root",
    run: letsGroupRead,
  },
  { title: "a key that one process has open is busy for another", run: keepsProcessesApart },
  {
    title: "threat 25: a key that hangs, while it is read, pulled and closed, never holds up the thread",
    run: holdsUpNothing,
  },
  { title: "a process that ends its watch ends by itself", run: letsProcessesEnd },
];

async function findsByAsking(place: UsbPlace): Promise<void> {
  let told = 0;
  const end = place.bus.watch(() => {
    told += 1;
  });
  const plugged = await place.plug(keyWith({ keyId: "KEY-MUTE" }));
  const { info } = await using(place, await theKey(place), (connection) => readKey(connection));
  assert.equal(info.keyId, "KEY-MUTE");
  await plugged.unplug();
  await untilKeys(place, 0);
  end();
  assert.equal(told, 0);
}

async function tellsChanges(place: UsbPlace): Promise<void> {
  const changes = changesOf(place);
  // The watch begins once the library has opened its socket, which it does not tell.
  await delay(500);
  const plugged = await place.plug(keyWith({ keyId: "KEY-TOLD" }));
  await changes.next();
  const [key] = await keysIn(place);
  assert.ok(key);
  assert.equal(await faultOf(key.open().then((connection) => connection.close())), "none");
  await plugged.yank();
  await changes.next();
  await untilKeys(place, 0);
  changes.end();
}

function changesOf({ bus }: UsbPlace) {
  let [seen, wake] = [0, () => {}];
  const end = bus.watch(() => {
    seen += 1;
    wake();
  });
  const next = async (): Promise<void> => {
    if (seen === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    seen -= 1;
  };
  return { end, next };
}

async function keepsRights(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-CLOSED" }));
  await theKey(place);
  assert.deepEqual(await openKeyAs(SOMEBODY), { listed: 1, fault: "NO_PERMISSION" });
  await plugged.unplug();
}

async function letsGroupRead(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-GROUP" }));
  await theKey(place);
  const member = { ...SOMEBODY, gid: KEYS_GROUP };
  assert.deepEqual(await openKeyAs(member), { listed: 1, keyId: "KEY-GROUP" });
  await plugged.unplug();
}

async function keepsProcessesApart(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-HELD" }));
  await using(place, await theKey(place), async () => {
    assert.deepEqual(await openKeyAs(), { listed: 1, fault: "BUSY" });
  });
  await plugged.unplug();
}

async function holdsUpNothing(place: UsbPlace): Promise<void> {
  const plugged = [await place.plug({ kind: "silent" }), await place.plug({ kind: "silent" })];
  const connections = await Promise.all((await untilKeys(place, 2)).map((key) => key.open()));
  const thread = monitorEventLoopDelay({ resolution: 10 });
  thread.enable();
  const reads = connections.map((connection) => faultOf(connection.read(REQUEST.info, 0, 64, 1000)));
  await plugged[0]?.yank();
  await Promise.all(reads);
  await Promise.all(connections.map((connection) => connection.close()));
  thread.disable();
  // Less than what the reads took.
  assert.ok(thread.max / 1e6 < 900, `the thread stood still for ${Math.round(thread.max / 1e6)} ms`);
  await plugged[1]?.unplug();
}

async function letsProcessesEnd(place: UsbPlace): Promise<void> {
  const child = startChild("watch-and-end.ts");
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "watching");
  await delay(500);
  const ended = once(child, "close");
  const plugged = await place.plug(keyWith({ keyId: "KEY-LAST" }));
  assert.deepEqual(await ended, [0, null]);
  await plugged.unplug();
}
