/** The device manager of a Linux host: it sets the rights of device files and tells programs what is plugged in. */
import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const RULE = "70-license-service-usb.rules";

/** Starts udevd with the rule that the project ships; resolves once it works. */
export async function startDeviceManager(): Promise<void> {
  const shipped = fileURLToPath(new URL(`../../../deploy/udev/${RULE}`, import.meta.url));
  await copyFile(shipped, `/etc/udev/rules.d/${RULE}`);
  const run = promisify(execFile);
  await run("systemd-udevd", ["--daemon"]);
  await run("udevadm", ["control", "--ping"]);
}
