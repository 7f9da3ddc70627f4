import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { BLANK_MEMORY } from "../../../../src/usb/emulator/key-memory.ts";
import { SocketBus } from "../../../../src/usb/emulator/socket-bus.ts";
import { emulate } from "../../../../src/usb/emulator/socket-port.ts";

/** Leaves the socket of a process that was killed. */
async function leaveStale(path: string): Promise<void> {
  const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("here"))`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("the socket of an emulator that was killed is no device; it is removed, other files are not", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "ports-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await leaveStale(join(directory, "dead.sock"));
  await writeFile(join(directory, "text.sock"), "");
  t.deepEqual(await new SocketBus({ directory }).list(), []);
  t.deepEqual(await readdir(directory), ["text.sock"]);
});

test("a device takes the name of one whose emulator was killed", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "ports-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, "key.sock");
  await leaveStale(path);
  const port = await emulate(new Dongle(BLANK_MEMORY), path);
  t.is((await new SocketBus({ directory }).list()).length, 1);
  await port.close();
});
