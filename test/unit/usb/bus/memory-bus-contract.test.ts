import test from "ava";
import { MemoryBus } from "../../../../src/usb/emulator/memory-bus.ts";
import { BUS_CASES, type UsbPlace } from "../../../contract/usb-bus.ts";
import { makeDevice } from "../../../contract/usb-devices.ts";

for (const { title, run } of BUS_CASES) {
  test(`in memory: ${title}`, async (t) => {
    await run(memoryPlace());
    t.pass();
  });
}

/** Ports in memory: what is plugged in is there at once. */
function memoryPlace(): UsbPlace {
  const bus = new MemoryBus();
  return {
    bus,
    slackMs: 1000,
    async plug(spec) {
      const plugged = bus.plug(makeDevice(spec));
      return { unplug: async () => plugged.unplug(), yank: async () => plugged.yank() };
    },
  };
}
