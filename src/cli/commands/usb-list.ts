import { ListUsbKeysResponse, UsbUnavailableReason } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { nameOf } from "../output/names.ts";
import { styled } from "../output/screen.ts";
import { writeTable } from "../output/table.ts";

/** `licensectl usb list`: ListUsbKeys. */
export async function usbList(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.call((client) => client.listUsbKeys, {}));
  const { out } = context;
  if (context.isJson) return out.json(ListUsbKeysResponse.toJSON(answer));
  if (answer.keys.length === 0) out.line`No USB keys.`;
  else {
    writeTable(
      out,
      [
        { title: "KEY", cell: (key) => styled("bold", key.keyId) },
        { title: "MODEL", cell: (key) => key.model },
        { title: "NODE", cell: (key) => key.managementNodeId },
      ],
      answer.keys,
    );
  }
  if (answer.unavailableReason !== UsbUnavailableReason.UNSPECIFIED) {
    out.line`The node that answered reads no keys: ${nameOf(UsbUnavailableReason, answer.unavailableReason)}. ${answer.unavailableMessage}`;
  }
}
