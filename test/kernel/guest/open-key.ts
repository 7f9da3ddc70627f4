/** A user of its own: lists the keys and asks the first for its id, then says as JSON what came of it. */
import { UsbFault } from "../../../src/usb/bus/bus.ts";
import { HostBus } from "../../../src/usb/bus/host-bus.ts";
import { parseInfo } from "../../../src/usb/protocol/info.ts";
import { DEFAULT_USB_IDS, MAX_INFO_BYTES, REQUEST } from "../../../src/usb/protocol/requests.ts";
import { isSameUsbId } from "../../../src/usb/usb-id.ts";

/** What came of it. */
export interface OpenKeyResult {
  /** Keys that were listed. */
  readonly listed: number;
  /** Id of the first; `undefined`: it could not be read. */
  readonly keyId?: string;
  /** Kind of the fault that it could not be read for. */
  readonly fault?: string;
}

const keys = (await new HostBus().list()).filter((device) => isSameUsbId(device, DEFAULT_USB_IDS));
console.log(JSON.stringify({ listed: keys.length, ...(await askFirst()) } satisfies OpenKeyResult));

async function askFirst(): Promise<Omit<OpenKeyResult, "listed">> {
  try {
    const connection = await keys[0]?.open();
    if (connection === undefined) return {};
    const { keyId } = parseInfo(await connection.read(REQUEST.info, 0, MAX_INFO_BYTES, 1000));
    await connection.close();
    return { keyId };
  } catch (error) {
    if (!(error instanceof UsbFault)) throw error;
    return { fault: error.kind };
  }
}
