import type { UsbKey } from "@license-service/contract";
import { CliError, usageError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { styled } from "../output/screen.ts";
import { clean } from "../output/text.ts";

/**
 * `licensectl usb copy-id [KEY]`: prints the id of a key that is there, and nothing else, as an application for
 * licenses names it (UK-ID-1). On a terminal a line end follows; with --clipboard the terminal copies it.
 */
export async function usbCopyId(
  context: CommandContext,
  { clipboard }: { clipboard?: boolean },
  [wanted]: readonly string[],
): Promise<void> {
  const { out, host, isJson } = context;
  if (clipboard === true && (isJson || host.stdout.isTTY !== true)) {
    throw usageError("--clipboard needs a terminal.", "Without it the id alone is printed, fit for a pipe.");
  }
  const answer = await withServer(context, (server) => server.call((client) => client.listUsbKeys, {}));
  const keyId = chooseId(answer.keys, wanted);
  if (isJson) return out.json({ keyId });
  if (clipboard === true) {
    out.raw(copyToClipboard(keyId));
    out.line`${styled("bold", keyId)} is in the clipboard, if the terminal allows that.`;
  } else {
    out.raw(host.stdout.isTTY === true ? `${keyId}\n` : keyId);
  }
}

/** Key ids come from devices: what is printed or copied is cleaned. */
function chooseId(keys: readonly UsbKey[], wanted: string | undefined): string {
  const ids = [...new Set(keys.map(({ keyId }) => clean(keyId)).filter((id) => id !== ""))].sort();
  const [first, ...others] = wanted === undefined ? ids : ids.filter((id) => id === wanted);
  if (first === undefined) throw noKey(wanted);
  if (others.length === 0) return first;
  throw usageError(
    `There are ${ids.length} USB keys: ${ids.join(", ")}.`,
    `Name one of them: licensectl usb copy-id ${first}`,
  );
}

function noKey(wanted: string | undefined): CliError {
  const message =
    wanted === undefined ? "No USB key that can be read is there." : `No node sees the USB key ${wanted}.`;
  return new CliError("refused", message, {
    reason: "NOT_FOUND",
    remedy: 'Insert it into a management node; "licensectl usb list" shows what the nodes see, and why not.',
  });
}

/** The request to a terminal to copy a text (OSC 52). */
function copyToClipboard(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
}
