import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LicenseServiceService, UsbUnavailableReason } from "@license-service/contract";
import test from "ava";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { serverSettings } from "../../helpers/server-settings.ts";
import { createServiceCall } from "../../helpers/service-calls.ts";
import { startProcess } from "../../helpers/service-process.ts";

/** What the library looks at: containers and many virtual machines have none. */
const HAS_USB = existsSync("/sys/bus/usb/devices");

test("UK-NO-1: a production server without USB in its kernel starts, says so once, and serves", async (t) => {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const server = startProcess(t, serverSettings({ databaseUrl: database.url, dataDirectory: data.path }));
  const address = await server.address;
  const token = (await readFile(join(data.path, "admin-token"), "utf8")).trim();
  const call = createServiceCall(t, LicenseServiceService, address, token);
  if (!HAS_USB) await server.wrote("This host has no USB");
  const { unavailableReason, keys } = await call("listUsbKeys", {});
  t.deepEqual(keys, []);
  if (!HAS_USB) t.is(unavailableReason, UsbUnavailableReason.NO_USB_SUPPORT);
  t.true((await call("getLicenseCapabilities", {})).capabilities.length > 0);
  // Asked for once more, it finds no more to say.
  await call("reloadLicense", {});
  server.child.kill("SIGTERM");
  const { code, lines } = await server.end;
  t.is(code, 0);
  t.is(lines.filter((line) => line.includes("This host has no USB")).length, HAS_USB ? 0 : 1);
});
