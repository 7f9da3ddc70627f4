import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import { HOSTILE_INFO } from "../../../../src/usb/emulator/hostile-info.ts";
import { HOSTILE_PROOF } from "../../../../src/usb/emulator/hostile-proof.ts";
import { proveKey, readKey } from "../../../../src/usb/protocol/exchange.ts";
import { ASKER, use } from "./_exchange.ts";

const HOSTILE = [...HOSTILE_INFO, ...HOSTILE_PROOF];
const READS = 200;
const MOST_GROWTH_BYTES = 4 * 1024 * 1024;

/** The collector, which is the process's own to call only with a flag. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

/** Reads hostile devices, one after another, and lets those that can be read prove themselves. */
async function readHostile(count: number): Promise<void> {
  const devices = Array.from({ length: count }, (_, index) => HOSTILE[index % HOSTILE.length]);
  for (const device of devices) {
    if (device === undefined) continue;
    const used = await use(device.make());
    const { connection, limits } = used;
    const work = readKey(connection, limits).then(({ info }) =>
      proveKey(connection, { ...ASKER, info, lastCounter: undefined }, limits),
    );
    await used.finish(work.catch(() => undefined));
  }
}

test("threat 25: two hundred hostile reads leave nothing in memory", async (t) => {
  const collect = collector();
  await readHostile(HOSTILE.length);
  collect();
  const before = process.memoryUsage();
  await readHostile(READS);
  collect();
  const after = process.memoryUsage();
  t.true(after.heapUsed - before.heapUsed < MOST_GROWTH_BYTES);
  t.true(after.arrayBuffers - before.arrayBuffers < MOST_GROWTH_BYTES);
});
