/** Hostile answers to INFO. */
import { REQUEST } from "../protocol/requests.ts";
import { Dongle } from "./dongle.ts";
import { HOSTILE_KEY_ID, type HostileDevice, hostile } from "./hostile-device.ts";
import { BLANK_MEMORY } from "./key-memory.ts";
import { always, changed, type Tamper } from "./tampered.ts";

const ALGORITHM_AT = 5;
const VERSION_AT = 4;
/** Length of the key id, which follows. */
const KEY_ID_LENGTH_AT = 16;

const ESCAPE = 0x1b;

function withByte(at: number, value: number): Tamper {
  return changed(REQUEST.info, (info) => {
    info.writeUInt8(value, at);
    return info;
  });
}

function declaring(name: string, publicKey: Uint8Array): HostileDevice {
  return {
    name,
    step: "read",
    make: () => new Dongle({ ...BLANK_MEMORY, keyId: HOSTILE_KEY_ID, publicKey }),
  };
}

export const HOSTILE_INFO: readonly HostileDevice[] = [
  hostile("INFO is junk", "read", always(REQUEST.info, new Uint8Array(200).fill(0xa5))),
  hostile("INFO is empty", "read", always(REQUEST.info, new Uint8Array())),
  hostile(
    "INFO goes on after its end",
    "read",
    changed(REQUEST.info, (info) => Buffer.concat([info], 256)),
  ),
  hostile("INFO is of another version", "read", withByte(VERSION_AT, 2)),
  hostile("INFO names an unknown algorithm", "read", withByte(ALGORITHM_AT, 9)),
  hostile("INFO lies about a length", "read", withByte(KEY_ID_LENGTH_AT, 0xff)),
  hostile("INFO is answered with 64 KiB", "read", always(REQUEST.info, new Uint8Array(65_536))),
  hostile("INFO is refused", "read", always(REQUEST.info, "stall")),
  hostile("INFO is never answered", "read", always(REQUEST.info, "silent")),
  hostile("the key id holds control characters", "read", withByte(KEY_ID_LENGTH_AT + 1, ESCAPE)),
  declaring("the public key is of small order", new Uint8Array(32)),
  declaring("the public key is no point of its curve", new Uint8Array(64).fill(1)),
];
