/** A USB device in plain TypeScript, whatever carries its transfers: memory, a socket, USB/IP. */
import type { UsbIds } from "../protocol/requests.ts";

/**
 * What a device answers to a control request:
 * - bytes: the data of a request that reads.
 * - "accepted": a request that writes is done.
 * - "stall": it refuses the request.
 * - "silent": it never answers; the request stays open until the host cancels it.
 * - "pulled": it is not there any more; what carries it drops it like a pulled device.
 */
export type SetupReply = Uint8Array | "accepted" | "stall" | "silent" | "pulled";

/** A device with control transfers alone. */
export interface EmulatedDevice extends UsbIds {
  /** How long what carries it waits before it hands on an answer, ms. Default: 0. */
  readonly replyDelayMs?: number;
  /**
   * One control request. Answers may be longer than asked when the device is a hostile one.
   *
   * @param setup 8 bytes.
   * @param data of a request that writes; else empty.
   */
  handleSetup(setup: Uint8Array, data: Uint8Array): SetupReply;
}

/** The eight bytes that begin a control request, as USB 2.0 names them. */
export interface Setup {
  readonly isIn: boolean;
  readonly type: "standard" | "class" | "vendor" | "reserved";
  readonly recipient: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

/** Recipient of a request. */
export const RECIPIENT_INTERFACE = 1;

const TYPES = ["standard", "class", "vendor", "reserved"] as const;
const SETUP_BYTES = 8;

/** Reads a setup packet; `undefined`: it is not of eight bytes. */
export function parseSetup(bytes: Uint8Array): Setup | undefined {
  if (bytes.length !== SETUP_BYTES) return undefined;
  const view = Buffer.from(bytes);
  const requestType = view.readUInt8(0);
  return {
    isIn: (requestType & 0x80) !== 0,
    type: TYPES[(requestType >> 5) & 3] ?? "reserved",
    recipient: requestType & 0x1f,
    request: view.readUInt8(1),
    value: view.readUInt16LE(2),
    index: view.readUInt16LE(4),
    length: view.readUInt16LE(6),
  };
}

/** The setup packet of a vendor request to interface 0. */
export function vendorSetup(isIn: boolean, request: number, value: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(SETUP_BYTES);
  bytes.writeUInt8((isIn ? 0x80 : 0) | 0x40 | RECIPIENT_INTERFACE, 0);
  bytes.writeUInt8(request, 1);
  bytes.writeUInt16LE(value, 2);
  bytes.writeUInt16LE(length, 6);
  return new Uint8Array(bytes);
}
