/** Serves an emulated device on a Unix socket, where a SocketBus finds it. */
import { randomBytes } from "node:crypto";
import { link, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { EmulatedDevice } from "./emulated-device.ts";
import { encodeFrame, encodeHello, FRAME, type Frame, FrameReader } from "./socket-frames.ts";
import { removeStaleSocket } from "./stale-socket.ts";

/** A device that is plugged into a socket. */
export interface SocketPort {
  /** Resolves once it is pulled: with what went wrong inside the device, else with `undefined`. */
  readonly closed: Promise<unknown>;
  /** Pulls it: whoever uses it sees it gone. */
  close(): Promise<void>;
}

/** Hosts that may be connected at one time. */
const MAX_HOSTS = 16;

/** The shortest limit that a kernel has for the path of a socket, less the byte that ends it. */
const MAX_PATH_BYTES = 103;

const NUMBER_BYTES = 4;
const SETUP_BYTES = 8;

/**
 * Plugs a device into a socket.
 *
 * @param path `<directory>/<name>.sock`; the directory exists.
 * @throws RangeError: the path is too long for a socket; the error of the file system; code `EEXIST`: another device
 *   is plugged in there.
 */
export async function emulate(device: EmulatedDevice, path: string): Promise<SocketPort> {
  const hosts = new Hosts(device);
  const server = createServer((socket) => hosts.add(socket));
  server.maxConnections = MAX_HOSTS;
  await listenAt(server, path);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      await rm(path, { force: true });
      server.close();
      hosts.end();
    })();
    return closing;
  };
  const closed = hosts.ended.then(async (fault) => {
    await close();
    return fault;
  });
  return {
    closed,
    close: async () => {
      await close();
      await closed;
    },
  };
}

/** The name appears only when the server listens, and never replaces another's. */
async function listenAt(server: Server, path: string): Promise<void> {
  const early = join(dirname(path), `.${randomBytes(3).toString("hex")}`);
  const bytes = Math.max(Buffer.byteLength(path), Buffer.byteLength(early));
  if (bytes > MAX_PATH_BYTES) {
    throw new RangeError(`the path of a socket has at most ${MAX_PATH_BYTES} bytes, this one ${bytes}`);
  }
  await listen(server, early);
  try {
    await removeStaleSocket(path);
    await link(early, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(early, { force: true });
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(path, resolve);
  await promise;
  server.off("error", reject);
}

/** Those who are connected; one of them may use the device. */
class Hosts {
  readonly ended: Promise<unknown>;
  readonly #device: EmulatedDevice;
  readonly #stay = randomBytes(16).toString("hex");
  readonly #sockets = new Set<Socket>();
  readonly #end: (fault: unknown) => void;
  #user: Socket | undefined;

  constructor(device: EmulatedDevice) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#device = device;
    this.ended = promise;
    this.#end = resolve;
  }

  add(socket: Socket): void {
    const reader = new FrameReader();
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // At once, before the next host can claim: "close" comes later.
    socket.on("end", () => this.#release(socket));
    socket.on("error", () => this.#release(socket));
    socket.on("data", (chunk) => this.#take(socket, reader, chunk));
    socket.write(encodeHello({ ...idsOf(this.#device), stay: this.#stay }));
  }

  /** Pulls the device. */
  end(fault?: unknown): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#end(fault);
  }

  #release(socket: Socket): void {
    if (this.#user === socket) this.#user = undefined;
    socket.destroy();
  }

  #take(socket: Socket, reader: FrameReader, chunk: Uint8Array): void {
    try {
      for (const frame of reader.push(chunk)) this.#answer(socket, frame);
    } catch {
      // A host that does not keep to the frames is no host.
      this.#release(socket);
    }
  }

  #answer(socket: Socket, { type, content }: Frame): void {
    if (type === FRAME.claim) {
      this.#user ??= socket;
      socket.write(encodeFrame(this.#user === socket ? FRAME.claimed : FRAME.busy));
      return;
    }
    const isRequest = type === FRAME.request && content.length >= NUMBER_BYTES + SETUP_BYTES;
    if (!isRequest || this.#user !== socket) throw new Error("a frame that is not expected");
    const number = content.subarray(0, NUMBER_BYTES);
    const setup = content.subarray(NUMBER_BYTES, NUMBER_BYTES + SETUP_BYTES);
    const reply = this.#handle(setup, content.subarray(NUMBER_BYTES + SETUP_BYTES));
    if (reply === undefined) return;
    this.#send(socket, encodeFrame(reply.type, number, reply.content));
  }

  /** `undefined`: nothing is answered. */
  #handle(setup: Uint8Array, data: Uint8Array): Frame | undefined {
    const reply = this.#replyOf(setup, data);
    if (reply === "silent" || reply === "pulled") return undefined;
    const content = reply instanceof Uint8Array ? reply : new Uint8Array();
    return { type: reply === "stall" ? FRAME.stalled : FRAME.accepted, content };
  }

  #replyOf(setup: Uint8Array, data: Uint8Array): ReturnType<EmulatedDevice["handleSetup"]> {
    try {
      const reply = this.#device.handleSetup(new Uint8Array(setup), new Uint8Array(data));
      if (reply === "pulled") this.end();
      return reply;
    } catch (error) {
      this.end(error);
      return "pulled";
    }
  }

  #send(socket: Socket, frame: Buffer): void {
    const { replyDelayMs = 0 } = this.#device;
    if (replyDelayMs === 0) {
      socket.write(frame);
      return;
    }
    const timer = setTimeout(() => socket.write(frame), replyDelayMs);
    socket.once("close", () => clearTimeout(timer));
  }
}

function idsOf({ vendorId, productId }: EmulatedDevice) {
  return { vendorId, productId };
}
