import { type Duplex, duplexPair } from "node:stream";
import test from "ava";
import type { EmulatedDevice, SetupReply } from "../../../../src/usb/emulator/emulated-device.ts";
import { serveUsbIp } from "../../../../src/usb/emulator/usbip.ts";

const IN = 1;
const OUT = 0;

test("a request that reads is answered with the device's bytes, in the kernel's order of bytes", async (t) => {
  const kernel = plug({ reply: Uint8Array.of(1, 2, 3) });
  kernel.submit({ sequence: 7, direction: IN, length: 8 });
  const { header, data } = await kernel.next(3);
  t.is(
    header.toString("hex"),
    `00000003 00000007 00000000 00000000 00000000 00000000 00000003 00000000 ffffffff 00000000 00000000 00000000`.replaceAll(
      " ",
      "",
    ),
  );
  t.deepEqual([...data], [1, 2, 3]);
});

test("a request that writes hands its data on, and says how much was taken", async (t) => {
  const kernel = plug({ reply: "accepted" });
  kernel.submit({ sequence: 1, direction: OUT, length: 4, data: Uint8Array.of(9, 8, 7, 6) });
  t.deepEqual(await kernel.status(), { status: 0, length: 4 });
  t.deepEqual(kernel.written, [[9, 8, 7, 6]]);
});

test("a refused request is a stall", async (t) => {
  const kernel = plug({ reply: "stall" });
  kernel.submit({ sequence: 1, direction: IN, length: 8 });
  t.deepEqual(await kernel.status(), { status: -32, length: 0 });
});

test("threat 25: of an answer that is too long the kernel gets what it asked for, and that there was more", async (t) => {
  const kernel = plug({ reply: new Uint8Array(64 * 1024) });
  kernel.submit({ sequence: 1, direction: IN, length: 8 });
  const { header, data } = await kernel.next(8);
  t.is(header.readInt32BE(20), -75);
  t.is(data.length, 8);
});

test("a request that is never answered ends when the kernel takes it back", async (t) => {
  const kernel = plug({ reply: "silent" });
  kernel.submit({ sequence: 5, direction: IN, length: 8 });
  kernel.unlink(6, 5);
  const { header } = await kernel.next(0);
  t.is(header.readUInt32BE(0), 4);
  t.is(header.readUInt32BE(4), 6);
  t.is(header.readInt32BE(20), -104);
});

test("an answer that comes too late for the kernel is not sent", async (t) => {
  const kernel = plug({ reply: Uint8Array.of(1), replyDelayMs: 20 });
  kernel.submit({ sequence: 5, direction: IN, length: 8 });
  kernel.unlink(6, 5);
  kernel.submit({ sequence: 7, direction: IN, length: 8 });
  t.is((await kernel.next(0)).header.readUInt32BE(4), 6);
  t.is((await kernel.next(1)).header.readUInt32BE(4), 7);
});

test("a slow device answers what the kernel itself asks at once", async (t) => {
  const kernel = plug({ reply: Uint8Array.of(1), replyDelayMs: 60_000 });
  kernel.submit({ sequence: 5, direction: IN, length: 8, setup: [0x80, 6, 0, 1, 0, 0, 8, 0] });
  t.is((await kernel.next(1)).header.readUInt32BE(4), 5);
});

test("a device has the control endpoint alone", async (t) => {
  const kernel = plug({ reply: Uint8Array.of(1) });
  kernel.submit({ sequence: 1, direction: IN, length: 8, endpoint: 2 });
  t.deepEqual(await kernel.status(), { status: -32, length: 0 });
});

test("requests that arrive in pieces, or two at a time, are each answered", async (t) => {
  const kernel = plug({ reply: Uint8Array.of(1) });
  const [first, second] = [1, 2].map((sequence) => frame({ sequence, direction: IN, length: 8 }));
  const both = Buffer.concat([first ?? Buffer.alloc(0), second ?? Buffer.alloc(0)]);
  kernel.send(both.subarray(0, 30));
  kernel.send(both.subarray(30, 70));
  kernel.send(both.subarray(70));
  t.is((await kernel.next(1)).header.readUInt32BE(4), 1);
  t.is((await kernel.next(1)).header.readUInt32BE(4), 2);
});

test("a device that is pulled drops its connection", async (t) => {
  const kernel = plug({ reply: "pulled" });
  kernel.submit({ sequence: 1, direction: IN, length: 8 });
  await kernel.ended;
  t.pass();
});

test("threat 25: what is not USB/IP, or asks for more than a control request has, drops the connection", async (t) => {
  const strange = plug({ reply: "accepted" });
  strange.send(Buffer.alloc(48, 0xff));
  await strange.ended;
  const greedy = plug({ reply: "accepted" });
  greedy.submit({ sequence: 1, direction: OUT, length: 0x10000 });
  await greedy.ended;
  t.pass();
});

interface Request {
  readonly sequence: number;
  readonly direction: number;
  readonly length: number;
  readonly endpoint?: number;
  readonly data?: Uint8Array;
  readonly setup?: readonly number[];
}

/** A device that always answers alike, and the kernel's end of its connection. */
function plug({ reply, replyDelayMs = 0 }: { readonly reply: SetupReply; readonly replyDelayMs?: number }) {
  const [kernelEnd, deviceEnd] = duplexPair();
  const written: number[][] = [];
  const device: EmulatedDevice = {
    vendorId: 1,
    productId: 2,
    replyDelayMs,
    handleSetup(_setup, data) {
      written.push([...data]);
      return reply;
    },
  };
  const ended = new Promise<void>((resolve) => serveUsbIp(deviceEnd, device, resolve));
  const next = async (length: number) => {
    const header = await readExactly(kernelEnd, 48);
    return { header, data: length === 0 ? Buffer.alloc(0) : await readExactly(kernelEnd, length) };
  };
  return {
    written,
    ended,
    next,
    send: (bytes: Uint8Array) => void kernelEnd.write(bytes),
    submit: (request: Request) => void kernelEnd.write(frame(request)),
    unlink: (sequence: number, victim: number) => void kernelEnd.write(unlinkFrame(sequence, victim)),
    status: async () => {
      const { header } = await next(0);
      return { status: header.readInt32BE(20), length: header.readUInt32BE(24) };
    },
  };
}

function frame({ sequence, direction, length, endpoint = 0, data, setup }: Request): Buffer {
  const header = Buffer.alloc(48);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(direction, 12);
  header.writeUInt32BE(endpoint, 16);
  header.writeUInt32BE(length, 24);
  header.set(setup ?? [direction === IN ? 0xc1 : 0x41, 1, 0, 0, 0, 0, 0, 0], 40);
  return Buffer.concat([header, data ?? new Uint8Array()]);
}

function unlinkFrame(sequence: number, victim: number): Buffer {
  const header = Buffer.alloc(48);
  header.writeUInt32BE(2, 0);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(victim, 20);
  return header;
}

async function readExactly(stream: Duplex, length: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = stream.read(length);
    if (bytes !== null) return bytes;
    await new Promise((resolve) => stream.once("readable", resolve));
  }
}
