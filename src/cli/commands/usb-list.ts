import { ListUsbKeysResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { writeUsbKeys } from "../render/usb-keys.ts";

/** `licensectl usb list`: ListUsbKeys. */
export async function usbList(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.call((client) => client.listUsbKeys, {}));
  if (context.isJson) return context.out.json(ListUsbKeysResponse.toJSON(answer));
  writeUsbKeys(context.out, answer);
}
