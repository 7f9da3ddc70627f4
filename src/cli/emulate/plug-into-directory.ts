import { chown, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileProblem } from "../../platform/file-problem.ts";
import type { EmulatedDevice } from "../../usb/emulator/emulated-device.ts";
import { emulate } from "../../usb/emulator/socket-port.ts";
import { type CliError, usageError } from "../cli-error.ts";
import type { PluggedDevice } from "./plugged-device.ts";

/** A port is a file name, and is shown to people. */
const PORT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Plugs a device into a directory that a server in development mode watches. The directory is made if it is not there.
 * What root makes belongs to the owner of the directory, so that his server can use it.
 *
 * @throws CliError of kind usage.
 */
export async function plugIntoDirectory(
  device: EmulatedDevice,
  directory: string,
  port: string,
): Promise<PluggedDevice> {
  if (!PORT.test(port)) {
    throw usageError(
      `--port: "${port}" cannot be the name of a port.`,
      'Take letters, digits, ".", "_" and "-".',
    );
  }
  const path = join(directory, `${port}.sock`);
  await makeDirectory(directory).catch((error: unknown) => Promise.reject(unusable(directory, error)));
  try {
    const { close, closed } = await emulate(device, path);
    await giveTo(path, directory);
    return { place: directory, port, ended: closed, unplug: close };
  } catch (error) {
    throw toFailure(error, directory, port);
  }
}

async function makeDirectory(directory: string): Promise<void> {
  const isNew = (await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined;
  if (isNew) await giveTo(directory, dirname(directory));
}

/** For others than root it is no question: what they make is theirs. */
async function giveTo(path: string, owned: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(owned);
  await chown(path, uid, gid);
}

function toFailure(error: unknown, directory: string, port: string): CliError {
  if (error instanceof RangeError) {
    return usageError(
      `No device can be plugged in there: ${error.message}.`,
      "Name a shorter path by --socket-dir.",
    );
  }
  if (error instanceof Error && "code" in error && error.code === "EEXIST") {
    return usageError(
      `Another device is in the port ${port} of ${directory}.`,
      "Name another port by --port.",
    );
  }
  return unusable(directory, error);
}

function unusable(directory: string, error: unknown): CliError {
  return usageError(`No device can be plugged into ${directory}: ${fileProblem(error)}.`);
}
