/** Hostile ways to hand out a blob. */
import { REQUEST } from "../protocol/requests.ts";
import { Dongle } from "./dongle.ts";
import type { EmulatedDevice } from "./emulated-device.ts";
import { type HostileDevice, honestMemory, hostile } from "./hostile-device.ts";
import { always, changed, type Tamper, tampered } from "./tampered.ts";

const LENGTH_AT = 8;
const GENERATION_AT = 12;

/** A length that takes 245 chunks, and grows. */
const LONG_BYTES = 250_000;

/** Below the timeout of a transfer; a whole blob at that pace takes longer than an exchange may. */
const SLOW_MS = 900;

function withUint32(at: number, value: (count: number) => number): Tamper {
  return changed(REQUEST.info, (info, count) => {
    info.writeUInt32LE(value(count), at);
    return info;
  });
}

function endless(): Tamper {
  const grow = withUint32(LENGTH_AT, (count) => LONG_BYTES + count);
  return (tampering) => {
    const { setup } = tampering;
    return setup.request === REQUEST.blob ? new Uint8Array(setup.length) : grow(tampering);
  };
}

/** Each INFO is another key's. */
function twoKeys(): EmulatedDevice {
  const keys = [new Dongle(honestMemory()), new Dongle(honestMemory())];
  let asked = 0;
  return {
    vendorId: keys[0]?.vendorId ?? 0,
    productId: keys[0]?.productId ?? 0,
    handleSetup(setup, data) {
      if (setup[1] === REQUEST.info) asked += 1;
      return keys[asked % keys.length]?.handleSetup(setup, data) ?? "stall";
    },
  };
}

export const HOSTILE_BLOB: readonly HostileDevice[] = [
  hostile(
    "the blob is of 4 GiB",
    "read",
    withUint32(LENGTH_AT, () => 0xffff_ffff),
  ),
  hostile("the blob has no end", "read", endless()),
  hostile("chunks are empty", "read", always(REQUEST.blob, new Uint8Array())),
  hostile(
    "chunks are too short",
    "read",
    changed(REQUEST.blob, (chunk) => chunk.subarray(1)),
  ),
  hostile("chunks are of 64 KiB", "read", always(REQUEST.blob, new Uint8Array(65_536))),
  hostile("chunks are refused", "read", always(REQUEST.blob, "stall")),
  hostile("chunks never come", "read", always(REQUEST.blob, "silent")),
  hostile(
    "the generation is another at each read",
    "read",
    withUint32(GENERATION_AT, (count) => count),
  ),
  hostile("it is pulled in the middle of the blob", "read", ({ setup, count }) =>
    setup.request === REQUEST.blob && count === 2 ? "pulled" : undefined,
  ),
  { name: "two keys answer in turn", step: "read", make: twoKeys },
  {
    name: "each transfer is slow",
    step: "read",
    make: () => tampered(new Dongle(honestMemory(20_000)), () => undefined, SLOW_MS),
  },
];
