import {
  type GetLicenseInfoResponse,
  License,
  type ListUsbKeysResponse,
  UsbBuffer,
  UsbKey,
} from "@license-service/contract";
import { CliError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { type Screen, styled } from "../output/screen.ts";
import { writeLicenses } from "../render/license-table.ts";
import { writeBuffers, writeUsbKey } from "../render/usb-keys.ts";

/** What a platform knows of one key id. */
interface KeyFindings {
  /** On every node and port that sees it. */
  readonly keys: readonly UsbKey[];
  readonly buffers: readonly UsbBuffer[];
  /** Installed licenses that are bound to it. */
  readonly licenses: readonly License[];
}

/** `licensectl usb show KEY`: ListUsbKeys and GetLicenseInfo, as far as they tell of one key. */
export async function usbShow(
  context: CommandContext,
  _options: object,
  [keyId = ""]: readonly string[],
): Promise<void> {
  const [list, info] = await withServer(context, (server) =>
    Promise.all([
      server.call((client) => client.listUsbKeys, {}),
      server.call((client) => client.getLicenseInfo, {}),
    ]),
  );
  const found = findingsOf(keyId, list, info);
  if (Object.values(found).every(({ length }) => length === 0)) throw unknownKey(keyId);
  if (context.isJson) context.out.json(toDocument(found));
  else writeFindings(context.out, found, list.evaluatedAt ?? new Date());
}

function findingsOf(keyId: string, list: ListUsbKeysResponse, info: GetLicenseInfoResponse): KeyFindings {
  return {
    keys: list.keys.filter((key) => key.keyId === keyId),
    buffers: list.buffers.filter((buffer) => buffer.keyId === keyId),
    licenses: [...(info.license === undefined ? [] : [info.license]), ...info.additions].filter(
      (license) => license.usbKeyId === keyId,
    ),
  };
}

function writeFindings(screen: Screen, { keys, buffers, licenses }: KeyFindings, from: Date): void {
  if (keys.length === 0) screen.line`No node sees this key now.`;
  for (const [index, key] of keys.entries()) {
    if (index > 0) screen.line``;
    writeUsbKey(screen, key, from);
  }
  writeBuffers(screen, buffers, from);
  if (licenses.length === 0) return;
  screen.line`\n${styled("bold", "Licenses of this key")} (${licenses.length})`;
  writeLicenses(screen, licenses, from);
}

function toDocument({ keys, buffers, licenses }: KeyFindings): Record<string, unknown> {
  return {
    keys: keys.map((key) => UsbKey.toJSON(key)),
    buffers: buffers.map((buffer) => UsbBuffer.toJSON(buffer)),
    licenses: licenses.map((license) => License.toJSON(license)),
  };
}

function unknownKey(keyId: string): CliError {
  return new CliError("refused", `No USB key ${keyId} is known.`, {
    reason: "NOT_FOUND",
    meaning: "No node sees it, no buffer of it runs, and no license is installed for it.",
    remedy: 'Look at "licensectl usb list" for those that there are.',
  });
}
