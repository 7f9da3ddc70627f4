import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type ExecutionContext, type TestFn } from "ava";
import type { UsbConnection, UsbDevice } from "../../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import type { EmulatedDevice } from "../../../../src/usb/emulator/emulated-device.ts";
import { SocketBus } from "../../../../src/usb/emulator/socket-bus.ts";
import { encodeFrame, encodeHello, FRAME } from "../../../../src/usb/emulator/socket-frames.ts";
import { emulate, type SocketPort } from "../../../../src/usb/emulator/socket-port.ts";
import { always, tampered } from "../../../../src/usb/emulator/tampered.ts";
import { proveKey, readKey } from "../../../../src/usb/protocol/exchange.ts";
import { REQUEST } from "../../../../src/usb/protocol/requests.ts";
import { ASKER, blobOf, keyWithBlob } from "../protocol/_exchange.ts";

interface Context {
  readonly directory: string;
  readonly bus: SocketBus;
  /** Called after the test, the last one first. */
  readonly undo: (() => unknown)[];
}

const test = anyTest as TestFn<Context>;

test.beforeEach(async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "ports-"));
  t.context = { directory, bus: new SocketBus({ directory }), undo: [] };
});

test.afterEach.always(async (t) => {
  for (const undo of t.context.undo.toReversed()) await undo();
  await rm(t.context.directory, { recursive: true, force: true });
});

function newDongle(): Dongle {
  return new Dongle(keyWithBlob(blobOf(3_000)));
}

async function plug(
  t: ExecutionContext<Context>,
  device: EmulatedDevice = newDongle(),
  name = "key-1",
): Promise<SocketPort> {
  const port = await emulate(device, join(t.context.directory, `${name}.sock`));
  t.context.undo.push(() => port.close());
  return port;
}

async function only(t: ExecutionContext<Context>): Promise<UsbDevice> {
  const [device, ...others] = await t.context.bus.list();
  if (device === undefined || others.length > 0) throw new Error("there is not one device");
  return device;
}

async function openOnly(t: ExecutionContext<Context>): Promise<UsbConnection> {
  const connection = await (await only(t)).open();
  t.context.undo.push(() => connection.close());
  return connection;
}

/** Something that listens where a device would, and answers as `greet` says. */
async function listen(
  t: ExecutionContext<Context>,
  greet: (socket: Socket) => void,
  name = "hostile",
): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    greet(socket);
  });
  server.listen(join(t.context.directory, `${name}.sock`));
  await once(server, "listening");
  t.context.undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return server;
}

const HELLO = encodeHello({ vendorId: 0x1209, productId: 1, stay: "00".repeat(16) });

test("a key on a socket is listed, read and proves its presence", async (t) => {
  await plug(t);
  t.like(await only(t), { port: "key-1", vendorId: 0x1209, productId: 1 });
  const connection = await openOnly(t);
  const { info, blob } = await readKey(connection);
  t.deepEqual(blob, blobOf(3_000));
  t.is((await proveKey(connection, { ...ASKER, info, lastCounter: undefined })).counter, 1n);
});

test("a key that is pulled is gone: for a transfer that waits, and from the list", async (t) => {
  const port = await plug(t, tampered(newDongle(), always(REQUEST.info, "silent")));
  const device = await only(t);
  const connection = await device.open();
  const waiting = connection.read(REQUEST.info, 0, 256, 60_000);
  await port.close();
  t.like(await t.throwsAsync(waiting), { kind: "GONE" });
  t.like(await t.throwsAsync(connection.write(REQUEST.challenge, 0, blobOf(80), 1_000)), { kind: "GONE" });
  t.like(await t.throwsAsync(device.open()), { kind: "GONE" });
  await connection.close();
  t.deepEqual(await t.context.bus.list(), []);
  t.deepEqual(await readdir(t.context.directory), []);
});

test("a key that is plugged in again is another stay, and the old one does not open it", async (t) => {
  const port = await plug(t);
  const before = await only(t);
  await port.close();
  await plug(t);
  t.not((await only(t)).id, before.id);
  t.like(await t.throwsAsync(before.open()), { kind: "GONE" });
});

test("a key on a socket has one user at a time", async (t) => {
  await plug(t);
  const connection = await openOnly(t);
  t.like(await t.throwsAsync((await only(t)).open()), { kind: "BUSY" });
  await connection.close();
  await t.notThrowsAsync(openOnly(t));
});

test("faults of a key come through: it stalls, is silent, sends too much, pulls itself", async (t) => {
  const faulty = tampered(newDongle(), ({ setup, count }) => {
    if (setup.request === REQUEST.blob) return "silent";
    if (setup.request === REQUEST.proof) return count === 0 ? new Uint8Array(65_535) : "pulled";
    return undefined;
  });
  const port = await plug(t, faulty);
  const connection = await openOnly(t);
  t.like(await t.throwsAsync(connection.read(0x7f, 0, 1, 1_000)), { kind: "STALL" });
  t.like(await t.throwsAsync(connection.read(REQUEST.blob, 0, 1_024, 30)), { kind: "TIMEOUT" });
  t.is((await connection.read(REQUEST.info, 0, 4, 1_000)).length, 4);
  t.like(await t.throwsAsync(connection.read(REQUEST.proof, 0, 80, 1_000)), { kind: "OTHER" });
  t.like(await t.throwsAsync(connection.read(REQUEST.proof, 0, 80, 1_000)), { kind: "GONE" });
  t.is(await port.closed, undefined);
});

test("an answer that comes too late is not taken for the answer to the next request", async (t) => {
  const slow = tampered(newDongle(), () => undefined, 60);
  await plug(t, slow);
  const connection = await openOnly(t);
  t.like(await t.throwsAsync(connection.read(REQUEST.info, 0, 256, 20)), { kind: "TIMEOUT" });
  t.deepEqual(await connection.read(REQUEST.blob, 0, 1_024, 5_000), blobOf(1_024));
});

test("a key whose file cannot be written any more is pulled, and says why", async (t) => {
  const fault = new Error("no space left");
  const port = await plug(t, {
    ...tampered(newDongle(), () => undefined),
    handleSetup: () => {
      throw fault;
    },
  });
  const connection = await openOnly(t);
  t.like(await t.throwsAsync(connection.read(REQUEST.info, 0, 256, 1_000)), { kind: "GONE" });
  t.is(await port.closed, fault);
});

test("the name of a device that is plugged in is not taken by another", async (t) => {
  await plug(t);
  await t.throwsAsync(plug(t), { code: "EEXIST" });
  t.is((await t.context.bus.list()).length, 1);
});

test("a path that is too long for a socket is refused with its length", async (t) => {
  await t.throwsAsync(plug(t, newDongle(), "k".repeat(100)), {
    instanceOf: RangeError,
    message: /103 bytes/,
  });
  t.deepEqual(await readdir(t.context.directory), []);
});

test("a directory that is not there has no devices, and a watch makes it for its owner alone", async (t) => {
  const directory = join(t.context.directory, "a", "b");
  const bus = new SocketBus({ directory });
  t.deepEqual(await bus.list(), []);
  bus.watch(() => undefined)();
  t.is((await stat(directory)).mode & 0o777, 0o700);
});

test("a watch that is not possible throws nothing", async (t) => {
  const server = await listen(t, () => undefined, "file");
  t.true(server.listening);
  const bus = new SocketBus({ directory: join(t.context.directory, "file.sock", "ports") });
  t.notThrows(bus.watch(() => undefined));
  t.like(await t.throwsAsync(bus.list()), { name: "UsbFault", kind: "OTHER" });
});

test("who watches is told of plugging and pulling", async (t) => {
  let told = Promise.withResolvers<void>();
  const end = t.context.bus.watch(() => told.resolve());
  t.context.undo.push(end);
  const port = await plug(t);
  await told.promise;
  told = Promise.withResolvers<void>();
  await port.close();
  await told.promise;
  t.pass();
});

test("threat 25: what is no device is not listed, and the good key beside it is", async (t) => {
  const noise: readonly ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => socket.write(Buffer.alloc(100_000, 0xff)),
    (socket) => socket.write(encodeFrame(FRAME.claimed)),
    (socket) => socket.write(encodeFrame(FRAME.hello, Buffer.from("LKEY-SOCKET-2"))),
    () => undefined,
  ];
  for (const [index, greet] of noise.entries()) await listen(t, greet, `hostile-${index}`);
  await plug(t);
  t.is((await only(t)).port, "key-1");
});

test("threat 25: a device that answers with frames that nobody asked for is given up", async (t) => {
  await listen(t, (socket) => {
    socket.write(HELLO);
    socket.once("data", () => {
      socket.write(encodeFrame(FRAME.claimed));
      socket.on("data", () => {
        for (let index = 0; index < 200; index++) socket.write(encodeFrame(FRAME.accepted, Buffer.alloc(4)));
      });
    });
  });
  const connection = await openOnly(t);
  t.like(await t.throwsAsync(connection.read(REQUEST.info, 0, 256, 60_000)), { kind: "OTHER" });
});

test("threat 25: a host that does not keep to the frames is dropped, and the next one is served", async (t) => {
  await plug(t);
  for (const bytes of [
    Buffer.alloc(100_000, 0xff),
    Buffer.alloc(4),
    encodeFrame(99),
    encodeFrame(FRAME.request, Buffer.alloc(12)),
  ]) {
    const closed = Promise.withResolvers<unknown>();
    const socket = connect(join(t.context.directory, "key-1.sock"));
    socket.on("error", () => undefined).on("close", closed.resolve);
    socket.resume();
    socket.write(bytes);
    await closed.promise;
  }
  t.is((await readKey(await openOnly(t))).info.keyId, "KEY-1");
});
