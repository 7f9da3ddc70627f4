/** `licensectl usb emulate`, as a server sees it. */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { UsbDevice } from "../../../src/usb/bus/bus.ts";
import { createKeyFile } from "../../../src/usb/emulator/key-file.ts";
import { newKeyMemory } from "../../../src/usb/emulator/key-memory.ts";
import { SocketBus } from "../../../src/usb/emulator/socket-bus.ts";
import { readInfo } from "../../../src/usb/protocol/exchange.ts";
import { type Running, runCli, startCli } from "./_capture.ts";

/** A directory with a data directory, in which a server has started, and with the file of a key. */
async function prepare(
  t: ExecutionContext,
): Promise<{ root: string; data: string; key: string; ports: string }> {
  const root = await mkdtemp(join(tmpdir(), "licensectl-emulate-"));
  t.teardown(() => rm(root, { recursive: true }));
  const data = join(root, "data");
  await mkdir(data);
  await writeFile(join(data, "platform-key.pem"), "");
  const key = join(root, "key-1.json");
  await createKeyFile(key, newKeyMemory({ keyId: "key-1" }));
  return { root, data, key, ports: join(data, "usb-ports") };
}

/** Plugs a key in; Ctrl-C comes by `pull`, at the latest at the test's end. */
async function emulate(
  t: ExecutionContext,
  args: readonly string[],
): Promise<Running & { pull(): Promise<number> }> {
  const ctrlC = new AbortController();
  const running = startCli(["usb", "emulate", ...args], { interrupted: ctrlC.signal });
  const pull = () => {
    ctrlC.abort();
    return running.ended;
  };
  t.teardown(pull);
  await running.stdout.until(/\n/);
  return { ...running, pull };
}

async function keyIdOf(device: UsbDevice | undefined): Promise<string | undefined> {
  const connection = await device?.open();
  const info = connection && (await readInfo(connection));
  await connection?.close();
  return info?.keyId;
}

test("an emulated key is in the data directory's ports until Ctrl-C", async (t) => {
  const { data, key, ports } = await prepare(t);
  const running = await emulate(t, ["--key", key, "--data-dir", data]);
  t.is(running.stdout.text(), `Plugged key-1 (1209:0001) into port key-1 of ${ports}; Ctrl-C pulls it.\n`);
  t.is((await stat(ports)).mode & 0o777, 0o700);
  const [device, ...others] = await new SocketBus({ directory: ports }).list();
  t.deepEqual(others, []);
  t.is(device?.port, "key-1");
  t.is(await keyIdOf(device), "key-1");
  t.is(await running.pull(), 0);
  t.true(running.stdout.text().endsWith("\nPulled key-1.\n"));
  t.deepEqual(await readdir(ports), []);
});

test("emulated keys have a port, ids and a place of one's choice, and tell programs in JSON lines", async (t) => {
  const { root, key } = await prepare(t);
  const directory = join(root, "ports");
  const args = ["--key", key, "--socket-dir", directory, "--port", "left", "--id", "ffff:0002", "--json"];
  const running = await emulate(t, args);
  const [device] = await new SocketBus({ directory }).list();
  t.like(device, { port: "left", vendorId: 0xffff, productId: 2 });
  t.is(await running.pull(), 0);
  const lines = running.stdout
    .text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.deepEqual(
    lines.map(({ event }) => event),
    ["PLUGGED", "PULLED"],
  );
  t.like(lines[0], { keyId: "key-1", id: "ffff:0002", port: "left", place: directory });
});

test("a port holds one device", async (t) => {
  const { root, key } = await prepare(t);
  const args = ["--key", key, "--socket-dir", join(root, "ports")];
  await emulate(t, args);
  const { code, stderr } = await runCli(["usb", "emulate", ...args]);
  t.is(code, 2);
  t.regex(stderr, /Another device is in the port key-1/);
});

test("a key that cannot keep what it must remember is pulled, with the reason", async (t) => {
  const { root, data, key, ports } = await prepare(t);
  const { ended, stderr } = await emulate(t, ["--key", key, "--data-dir", data]);
  await rm(key);
  await mkdir(key);
  const [device] = await new SocketBus({ directory: ports }).list();
  const connection = await device?.open();
  await t.throwsAsync(async () => connection?.write(0x05, 0, markOne(), 1000));
  await connection?.close();
  t.is(await ended, 2);
  t.regex(stderr.text(), /^wrong use: The emulated key failed: .*\n {2}It is pulled\.\n/);
  t.truthy(root);
});

/** RAISE_MARK to 1 for a platform. */
function markOne(): Uint8Array {
  return Uint8Array.of(...new Uint8Array(32).fill(7), 1, 0, 0, 0, 0, 0, 0, 0);
}

test("what cannot be plugged in is wrong use, told by the option", async (t) => {
  const { root, key } = await prepare(t);
  const place = ["--key", key, "--socket-dir"];
  const cases: ReadonlyArray<[readonly string[], RegExp]> = [
    [[], /Name the file of the emulated key by --key/],
    [
      ["--key", join(root, "none.json"), "--socket-dir", root],
      /--key: .*none\.json cannot be used: there is no such/,
    ],
    [[...place, join(root, "x".repeat(120))], /at most 103 bytes.*--socket-dir/],
    [[...place, root, "--port", "../x"], /--port: "\.\.\/x" cannot be the name of a port/],
    [[...place, root, "--id", "1209"], /--id: "1209" is no vendor and product id/],
    [[...place, key], /No device can be plugged into .*key-1\.json/],
    [["--key", key, "--data-dir", root], /No server has ever started/],
    [[...place, root, "--vhci"], /cannot be used with option/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await runCli(["usb", "emulate", ...args]);
    t.is(code, 2, args.join(" "));
    t.regex(stderr.replaceAll("\n", " "), message);
  }
});
