/**
 * Carries a device over USB/IP, as the kernel's document "USB/IP protocol" says it: this is the device's end of a
 * connection whose other end is a kernel's. Numbers are big-endian.
 *
 * The kernel waits for answers in calls that hold up the whole thread of the program that reads the key, so a
 * device is never served by the process that reads it.
 */
import type { Duplex } from "node:stream";
import { type EmulatedDevice, parseSetup, type SetupReply } from "./emulated-device.ts";

const COMMAND = { submit: 1, unlink: 2, submitReply: 3, unlinkReply: 4 } as const;
const HEADER_BYTES = 48;
const SETUP_OFFSET = 40;
const DIRECTION_IN = 1;

/** A control request carries no more. */
const MAX_DATA_BYTES = 0xffff;

/** What the kernel calls the ways in which a transfer fails. */
const STATUS = { done: 0, stalled: -32, overflow: -75, unlinked: -104 } as const;

/** A request of the kernel. */
interface Submission {
  readonly sequence: number;
  readonly isIn: boolean;
  readonly endpoint: number;
  /** Bytes that are asked for, or that came along. */
  readonly length: number;
  readonly setup: Uint8Array;
  readonly data: Uint8Array;
}

/**
 * Serves a device on a connected stream until the stream ends. Whatever is not USB/IP ends the stream.
 *
 * @param onEnd Called once, when the stream has ended.
 */
export function serveUsbIp(
  stream: Duplex,
  device: EmulatedDevice,
  onEnd: () => void = () => undefined,
): void {
  const link = new UsbIpLink(stream, device);
  stream.on("data", (bytes: Buffer) => link.take(bytes));
  stream.once("error", () => stream.destroy());
  stream.once("close", () => {
    link.close();
    onEnd();
  });
}

class UsbIpLink {
  readonly #stream: Duplex;
  readonly #device: EmulatedDevice;
  /** Requests without an answer yet, with what will answer them; `undefined`: nothing will. */
  readonly #open = new Map<number, NodeJS.Timeout | undefined>();
  #rest = Buffer.alloc(0);

  constructor(stream: Duplex, device: EmulatedDevice) {
    this.#stream = stream;
    this.#device = device;
  }

  take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= HEADER_BYTES && !this.#stream.destroyed) {
      const frameBytes = frameBytesOf(this.#rest);
      if (frameBytes === undefined) this.#stream.destroy();
      if (frameBytes === undefined || this.#rest.length < frameBytes) return;
      const frame = this.#rest.subarray(0, frameBytes);
      this.#rest = this.#rest.subarray(frameBytes);
      if (frame.readUInt32BE(0) === COMMAND.unlink) this.#unlink(frame);
      else this.#submit(submissionOf(frame));
    }
  }

  close(): void {
    for (const timer of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #submit(submission: Submission): void {
    const reply = this.#replyTo(submission);
    if (reply === "pulled") {
      this.#stream.destroy();
      return;
    }
    const { sequence } = submission;
    const replyDelayMs = isStandard(submission) ? 0 : (this.#device.replyDelayMs ?? 0);
    if (reply === "silent") this.#open.set(sequence, undefined);
    else if (replyDelayMs === 0) this.#answer(submission, reply);
    else
      this.#open.set(
        sequence,
        setTimeout(() => this.#answer(submission, reply), replyDelayMs),
      );
  }

  #replyTo({ endpoint, setup, data }: Submission): SetupReply {
    // Devices of ours have the control endpoint alone.
    return endpoint === 0 ? this.#device.handleSetup(setup, data) : "stall";
  }

  #answer({ sequence, isIn, length }: Submission, reply: Uint8Array | "accepted" | "stall"): void {
    this.#open.delete(sequence);
    if (reply === "stall") this.#send(submitReply(sequence, STATUS.stalled, 0));
    else if (reply === "accepted") this.#send(submitReply(sequence, STATUS.done, isIn ? 0 : length));
    else {
      // No wire carries more than was asked for; a host controller says that there was more.
      const data = reply.subarray(0, isIn ? length : 0);
      const status = reply.length > length ? STATUS.overflow : STATUS.done;
      this.#send(submitReply(sequence, status, data.length), data);
    }
  }

  #unlink(frame: Buffer): void {
    const victim = frame.readUInt32BE(20);
    const wasOpen = this.#open.has(victim);
    clearTimeout(this.#open.get(victim));
    this.#open.delete(victim);
    const reply = Buffer.alloc(HEADER_BYTES);
    reply.writeUInt32BE(COMMAND.unlinkReply, 0);
    reply.writeUInt32BE(frame.readUInt32BE(4), 4);
    reply.writeInt32BE(wasOpen ? STATUS.unlinked : STATUS.done, 20);
    this.#send(reply);
  }

  #send(header: Buffer, data: Uint8Array = new Uint8Array()): void {
    if (this.#stream.writable) this.#stream.write(Buffer.concat([header, data]));
  }
}

/** Length of the frame that a header begins; `undefined`: it is none that a kernel sends to these devices. */
function frameBytesOf(header: Buffer): number | undefined {
  const command = header.readUInt32BE(0);
  if (command === COMMAND.unlink) return HEADER_BYTES;
  const length = header.readUInt32BE(24);
  if (command !== COMMAND.submit || length > MAX_DATA_BYTES) return undefined;
  return isInput(header) ? HEADER_BYTES : HEADER_BYTES + length;
}

function submissionOf(frame: Buffer): Submission {
  return {
    sequence: frame.readUInt32BE(4),
    isIn: isInput(frame),
    endpoint: frame.readUInt32BE(16),
    length: frame.readUInt32BE(24),
    setup: new Uint8Array(frame.subarray(SETUP_OFFSET, HEADER_BYTES)),
    data: new Uint8Array(frame.subarray(HEADER_BYTES)),
  };
}

/** What the kernel itself asks; a slow device answers it at once, or the kernel would never let anyone open it. */
function isStandard({ setup }: Submission): boolean {
  return parseSetup(setup)?.type === "standard";
}

function isInput(header: Buffer): boolean {
  return header.readUInt32BE(12) === DIRECTION_IN;
}

function submitReply(sequence: number, status: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(COMMAND.submitReply, 0);
  header.writeUInt32BE(sequence, 4);
  header.writeInt32BE(status, 20);
  header.writeUInt32BE(length, 24);
  // Number of packets: it is no isochronous transfer.
  header.writeInt32BE(-1, 32);
  return header;
}
