/** Where the USB key is that a command of the vendor works on: in a port of this machine, or emulated in a file. */
import { fileProblem } from "../../platform/file-problem.ts";
import type { UsbBus, UsbConnection } from "../../usb/bus/bus.ts";
import { HostBus } from "../../usb/bus/host-bus.ts";
import { createKeyFile, openKeyFile } from "../../usb/emulator/key-file.ts";
import { BLANK_MEMORY } from "../../usb/emulator/key-memory.ts";
import { MemoryBus } from "../../usb/emulator/memory-bus.ts";
import type { KeyInfo } from "../../usb/protocol/info.ts";
import { type CliError, usageError } from "../cli-error.ts";
import { chooseKey, type KeyChoice, withConnection } from "./choose-key.ts";
import { asKeyWork } from "./usb-failure.ts";

/** Options that name a key. */
export interface PlaceOptions extends KeyChoice {
  /** File of an emulated key. */
  readonly file?: string;
}

/** A key that is open. */
export interface OpenKey {
  readonly connection: UsbConnection;
  /** For people: its port, or its file. */
  readonly place: string;
}

/**
 * Opens a key for some work, and closes it afterwards.
 *
 * @param isWanted tells apart keys of which several are plugged in. Default: there may be only one.
 * @throws CliError, also for faults of the key.
 */
export async function withKey<T>(
  options: PlaceOptions,
  work: (key: OpenKey) => Promise<T>,
  isWanted?: (info: KeyInfo) => boolean,
): Promise<T> {
  const { file, port, id } = options;
  if (file !== undefined && (port !== undefined || id !== undefined)) {
    throw usageError("--file names an emulated key; --port and --id are for real ones.");
  }
  const bus = file === undefined ? new HostBus() : await busWithFile(file);
  return asKeyWork(async () => {
    const device = await chooseKey(await bus.list(), options, isWanted);
    const place = file ?? `port ${device.port}`;
    return withConnection(device, (connection) => work({ connection, place }));
  });
}

/** Makes the file of a blank emulated key. @throws CliError of kind usage, also when the file is there. */
export async function createBlankKey(file: string): Promise<void> {
  try {
    await createKeyFile(file, BLANK_MEMORY);
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (isThere) throw usageError(`--create: ${file} exists already.`, "Name a file that does not exist.");
    throw unusableFile("--create", file, error);
  }
}

/** The failure of a key file that cannot be used. */
export function unusableFile(option: string, file: string, error: unknown): CliError {
  return usageError(`${option}: ${file} cannot be used: ${fileProblem(error)}.`);
}

async function busWithFile(file: string): Promise<UsbBus> {
  const bus = new MemoryBus();
  bus.plug(
    await openKeyFile(file).catch((error: unknown) => Promise.reject(unusableFile("--file", file, error))),
  );
  return bus;
}
