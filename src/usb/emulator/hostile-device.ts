import { Dongle } from "./dongle.ts";
import type { EmulatedDevice } from "./emulated-device.ts";
import { type KeyMemory, newKeyMemory } from "./key-memory.ts";
import { type Tamper, tampered } from "./tampered.ts";

/** A device that looks like a key and means harm (threat 25). */
export interface HostileDevice {
  readonly name: string;
  /** Where it shows: while the key is read, at its first proof, or at the second. */
  readonly step: "read" | "prove" | "prove again";
  /** Makes one for one stay in a port: it remembers what it was asked. */
  make(): EmulatedDevice;
}

/** Id of every hostile key that says one. */
export const HOSTILE_KEY_ID = "HOSTILE-1";

/** What lies on hostile keys: five chunks. */
const BLOB_BYTES = 5_000;

/** An honest key with something on it, each time with another key pair. */
export function honestMemory(blobBytes = BLOB_BYTES): KeyMemory {
  const blob = new Uint8Array(blobBytes).fill(0x61);
  return { ...newKeyMemory({ keyId: HOSTILE_KEY_ID }), blob, blobGeneration: 1 };
}

/** A hostile device that is an honest key but for what `tamper` does. */
export function hostile(name: string, step: HostileDevice["step"], tamper: Tamper): HostileDevice {
  return { name, step, make: () => tampered(new Dongle(honestMemory()), tamper) };
}
