import test from "ava";
import { DEFAULT_AGENT_TIMING } from "../../../../src/usb/agent/agent-timing.ts";
import { DeviceLink } from "../../../../src/usb/agent/device-link.ts";
import { type UsbConnection, UsbFault } from "../../../../src/usb/bus/bus.ts";
import { createFakeTime, settled } from "../../../helpers/fake-time.ts";

/** A device whose calls end when the test lets them, and that notes what is done to it. */
function prepare(open?: () => Promise<UsbConnection>) {
  const done: string[] = [];
  const connection: UsbConnection = {
    read: async () => new Uint8Array(),
    write: async () => undefined,
    close: async () => {
      done.push("close");
    },
  };
  const openNow = async () => {
    done.push("open");
    return connection;
  };
  const device = { id: "1", port: "1-1", vendorId: 1, productId: 1, open: open ?? openNow };
  const time = createFakeTime(0);
  return { done, connection, time, link: new DeviceLink(device, time.timers, DEFAULT_AGENT_TIMING) };
}

test("exchanges with one device run one after another, each on a connection of its own", async (t) => {
  const { done, link } = prepare();
  const first = link.use(async () => void done.push("first"));
  const second = link.use(async () => void done.push("second"));
  await Promise.all([first, second]);
  t.deepEqual(done, ["open", "first", "close", "open", "second", "close"]);
});

test("an exchange that fails closes its connection, and the next one runs", async (t) => {
  const { done, link } = prepare();
  const fault = new UsbFault("STALL", "it refused");
  await t.throwsAsync(
    link.use(() => Promise.reject(fault)),
    { is: fault },
  );
  await link.use(async () => void done.push("second"));
  t.deepEqual(done, ["open", "close", "open", "second", "close"]);
});

test("an exchange that never ends is given up, and no other is begun before it has", async (t) => {
  const { done, link, time } = prepare();
  let end: (() => void) | undefined;
  const hanging = t.throwsAsync(
    link.use(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    ),
    { name: "NoAnswerError" },
  );
  await settled();
  await time.pass(DEFAULT_AGENT_TIMING.exchangeMs);
  await hanging;
  await t.throwsAsync(
    link.use(async () => undefined),
    { name: "UsbFault", message: /has not ended/ },
  );
  end?.();
  await settled();
  await link.use(async () => void done.push("after"));
  t.deepEqual(done, ["open", "close", "open", "after", "close"]);
});

test("a connection that opens too late is closed at once, so that the device is not busy for ever", async (t) => {
  let open: ((connection: UsbConnection) => void) | undefined;
  const { connection, done, link, time } = prepare(
    () =>
      new Promise((resolve) => {
        open = resolve;
      }),
  );
  const late = t.throwsAsync(
    link.use(async () => undefined),
    { name: "NoAnswerError" },
  );
  await settled();
  await time.pass(DEFAULT_AGENT_TIMING.patienceMs);
  await late;
  open?.(connection);
  await settled();
  t.deepEqual(done, ["close"]);
});

test("a closed link begins nothing any more", async (t) => {
  const { done, link } = prepare();
  await link.close();
  await t.throwsAsync(
    link.use(async () => undefined),
    { name: "UsbFault", message: /not looked at/ },
  );
  t.deepEqual(done, []);
});
