import { once } from "node:events";
import { basename, resolve } from "node:path";
import type { Dongle } from "../../usb/emulator/dongle.ts";
import { KernelPortError, plugIntoKernel } from "../../usb/emulator/kernel-port.ts";
import { openKeyFile } from "../../usb/emulator/key-file.ts";
import { portsDirectoryOf } from "../../usb/emulator/ports-directory.ts";
import { formatUsbId, parseUsbId } from "../../usb/usb-id.ts";
import { unusableFile } from "../authority/key-place.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { plugIntoDirectory } from "../emulate/plug-into-directory.ts";
import type { PluggedDevice } from "../emulate/plugged-device.ts";
import { findDataDirectory } from "../offline/data-directory.ts";
import { styled } from "../output/screen.ts";

/** Options of `licensectl usb emulate`. */
export interface EmulateOptions {
  readonly socketDir?: string;
  readonly port?: string;
  readonly id?: string;
  readonly vhci?: boolean;
}

/**
 * `licensectl usb emulate`: an emulated key, plugged in until the user ends the program. Servers in development mode
 * find it in their data directory; with --vhci the kernel itself has it in a port.
 */
export async function usbEmulate(context: CommandContext, options: EmulateOptions): Promise<void> {
  const file = keyFileOf(context);
  const dongle = await openDongle(file, options);
  const plugged = await plug(context, { ...options, file }, dongle);
  tell(context, "PLUGGED", dongle, plugged);
  const { interrupted } = context.host;
  const interruption = interrupted.aborted ? Promise.resolve() : once(interrupted, "abort");
  await Promise.race([interruption, plugged.ended]);
  await plugged.unplug();
  const fault = await plugged.ended;
  tell(context, "PULLED", dongle, plugged);
  if (fault !== undefined) throw brokenKey(file, fault);
}

/** Commander gives the option to the global one of the same name. */
function keyFileOf({ flags }: CommandContext): string {
  if (flags.key !== undefined) return flags.key;
  throw usageError(
    "Name the file of the emulated key by --key.",
    "Make one: licensectl authority usb-key provision --file key-1.json --create --key-id key-1",
  );
}

async function openDongle(file: string, { id }: EmulateOptions): Promise<Dongle> {
  const ids = id === undefined ? {} : parseUsbId(id);
  if (ids === undefined) throw usageError(`--id: "${id}" is no vendor and product id.`, "Write 1209:0001.");
  try {
    return await openKeyFile(file, ids);
  } catch (error) {
    throw unusableFile("--key", file, error);
  }
}

async function plug(
  { flags }: CommandContext,
  { file, vhci, socketDir, port }: EmulateOptions & { readonly file: string },
  dongle: Dongle,
): Promise<PluggedDevice> {
  if (vhci === true) return plugIntoPort(dongle);
  const directory =
    socketDir === undefined ? portsDirectoryOf(await findDataDirectory(flags)) : resolve(socketDir);
  return plugIntoDirectory(dongle, directory, port ?? basename(file).replace(/\.json$/, ""));
}

async function plugIntoPort(dongle: Dongle): Promise<PluggedDevice> {
  try {
    const { port, ended, unplug } = await plugIntoKernel(dongle);
    return { place: "the kernel's vhci_hcd", port: String(port), ended, unplug };
  } catch (error) {
    if (!(error instanceof KernelPortError)) throw error;
    throw usageError(
      `--vhci: ${error.message}.`,
      "Without --vhci a server in development mode finds the key.",
    );
  }
}

function tell(
  { out, isJson }: CommandContext,
  event: "PLUGGED" | "PULLED",
  { vendorId, productId, memory: { keyId } }: Dongle,
  { port, place }: PluggedDevice,
): void {
  const id = formatUsbId({ vendorId, productId });
  const name = styled("bold", keyId || "a blank key");
  if (isJson) out.json({ event, keyId, id, port, place }, "line");
  else if (event === "PULLED") out.line`Pulled ${name}.`;
  else out.line`Plugged ${name} (${id}) into port ${port} of ${place}; Ctrl-C pulls it.`;
}

function brokenKey(file: string, fault: unknown): CliError {
  const problem = fault instanceof Error ? fault.message : String(fault);
  return new CliError("usage", `The emulated key failed: ${problem}.`, {
    reason: "USAGE",
    meaning: "It is pulled.",
    remedy: `See that ${file} can be written, and that there is room on its disk.`,
    cause: fault,
  });
}
