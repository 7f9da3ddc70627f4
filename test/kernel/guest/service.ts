/**
 * Runs what only a kernel can show, and then a whole server in the guest, as a user without rights but those of the
 * shipped udev rule.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type KernelPlugged, plugIntoKernel } from "../../../src/usb/emulator/kernel-port.ts";
import { makeDevice } from "../../contract/usb-devices.ts";
import { startDeviceManager } from "./device-manager.ts";
import { CASES_WITH_UDEVD } from "./kernel-cases.ts";
import { DATA_DIRECTORY, GREETING, type NumberedOrder, ORDERS_PORT, type OrderReply } from "./orders.ts";
import { CasesInGuest } from "./run-in-place.ts";

const PROGRAM = fileURLToPath(new URL("../../../bin/license-service", import.meta.url));
/** A user of no rights, in the group license-keys. */
const ACCOUNT = { uid: 1000, gid: 4242 };

const plugged: KernelPlugged[] = [];

await startDeviceManager();
const cases = new CasesInGuest();
await cases.run(CASES_WITH_UDEVD);
cases.close();
await mkdir(DATA_DIRECTORY, { mode: 0o700 });
await chown(DATA_DIRECTORY, ACCOUNT.uid, ACCOUNT.gid);
createServer(takeOrders).listen(ORDERS_PORT, () => console.log("# takes orders"));

function takeOrders(connection: Socket): void {
  connection.on("error", () => connection.destroy());
  connection.write(GREETING);
  createInterface({ input: connection }).on("line", async (line) => {
    const order: NumberedOrder = JSON.parse(line);
    const reply = await obey(order).catch((error: unknown) => ({ error: String(error) }));
    connection.write(`${JSON.stringify({ id: order.id, ...reply } satisfies OrderReply)}\n`);
  });
}

async function obey(order: NumberedOrder): Promise<Omit<OrderReply, "id">> {
  switch (order.order) {
    case "serve":
      await serve(order.settings);
      return {};
    case "read":
      return { text: await readFile(join(DATA_DIRECTORY, order.file), "utf8") };
    case "plug":
      return { device: plugged.push(await plugIntoKernel(makeDevice(order.spec))) - 1 };
    case "pull":
      plugged[order.device]?.yank();
      return {};
  }
}

async function serve(settings: Readonly<Record<string, string>>): Promise<void> {
  const env = { ...process.env, ...settings, LICENSE_DATA_DIR: DATA_DIRECTORY };
  const server = spawn(PROGRAM, ["--development"], { ...ACCOUNT, env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout });
  lines.on("line", (line) => console.log(`# ${line}`));
  const ended = once(server, "exit").then(([code]) =>
    Promise.reject(new Error(`the server ended with ${code}`)),
  );
  ended.catch((error: unknown) => console.log(`# ${String(error)}`));
  await Promise.race([ready(lines), ended]);
}

async function ready(lines: ReturnType<typeof createInterface>): Promise<void> {
  for await (const line of lines) if (line.includes('"msg":"ready"')) return;
}
