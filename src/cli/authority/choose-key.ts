/** Which of the keys that are plugged in a command of the vendor works on. */
import type { UsbConnection, UsbDevice } from "../../usb/bus/bus.ts";
import { readInfo } from "../../usb/protocol/exchange.ts";
import type { KeyInfo } from "../../usb/protocol/info.ts";
import { DEFAULT_USB_IDS, type UsbIds } from "../../usb/protocol/requests.ts";
import { formatUsbId, isSameUsbId, parseUsbId } from "../../usb/usb-id.ts";
import { CliError, usageError } from "../cli-error.ts";

/** Options that tell keys apart. */
export interface KeyChoice {
  /** Port of the machine, for example "1-2". Default: only one key is plugged in. */
  readonly port?: string;
  /** Vendor and product id. Default: 1209:0001. */
  readonly id?: string;
}

/**
 * The one key that fits.
 *
 * @param isWanted asked where several fit. Default: that is refused.
 * @throws CliError: none or several fit, or the ids are no ids.
 */
export async function chooseKey(
  all: readonly UsbDevice[],
  { port, id }: KeyChoice,
  isWanted?: (info: KeyInfo) => boolean,
): Promise<UsbDevice> {
  const ids = readId(id);
  const fitting = all.filter(
    (device) => isSameUsbId(device, ids) && (port === undefined || device.port === port),
  );
  const wanted =
    fitting.length > 1 && isWanted !== undefined ? await filterByInfo(fitting, isWanted) : fitting;
  const [device, ...others] = wanted;
  if (device !== undefined && others.length === 0) return device;
  throw device === undefined ? noKey(ids, port) : severalKeys(wanted);
}

function readId(text: string | undefined): UsbIds {
  if (text === undefined) return DEFAULT_USB_IDS;
  const ids = parseUsbId(text);
  if (ids !== undefined) return ids;
  throw usageError(`--id: "${text}" is no vendor and product id.`, "Write 1209:0001, as lsusb shows it.");
}

/** Devices that cannot be asked are none of those that are wanted. */
async function filterByInfo(
  devices: readonly UsbDevice[],
  isWanted: (info: KeyInfo) => boolean,
): Promise<readonly UsbDevice[]> {
  const wanted = await Promise.all(
    devices.map((device) =>
      withConnection(device, async (key) => isWanted(await readInfo(key))).catch(() => false),
    ),
  );
  return devices.filter((_, index) => wanted[index]);
}

/** Opens a device for some work, and closes it afterwards. @throws UsbFault */
export async function withConnection<T>(
  device: UsbDevice,
  work: (connection: UsbConnection) => Promise<T>,
): Promise<T> {
  const connection = await device.open();
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

function noKey(ids: UsbIds, port: string | undefined): CliError {
  const where = port === undefined ? "" : ` in port ${port}`;
  return new CliError("refused", `No key that fits is plugged in${where}: ${formatUsbId(ids)}.`, {
    reason: "NOT_FOUND",
    remedy: "Insert it, or name other ids by --id, or an emulated key by --file.",
  });
}

function severalKeys(devices: readonly UsbDevice[]): CliError {
  const ports = devices.map(({ port }) => port).join(", ");
  return usageError(`Several keys are plugged in, in the ports ${ports}.`, "Name one by --port.");
}
