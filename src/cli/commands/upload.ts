import { type UploadedLicense, UploadLicenseResponse, UploadOutcome } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readInput } from "../input.ts";
import { nameOf } from "../output/names.ts";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant } from "../output/time.ts";
import { writeChanges } from "../render/changes.ts";
import { counted, licenseTitle, showRevision } from "../render/terms.ts";

/**
 * No server takes more by far (its own cap is 1 MiB unless configured otherwise); this one only keeps
 * a wrong file name from filling the memory.
 */
const MAX_PACKAGE_BYTES = 64 * 1024 * 1024;

/** `licensectl upload <file>`: UploadLicense; the server alone judges the bytes. */
export async function upload(
  context: CommandContext,
  options: { dryRun?: boolean },
  [file = ""]: readonly string[],
): Promise<void> {
  const bytes = await readInput(file, context.host.stdin, MAX_PACKAGE_BYTES);
  const request = { package: bytes, validateOnly: options.dryRun === true };
  const answer = await withServer(context, (server) =>
    server.call((client) => client.uploadLicense, request),
  );
  if (context.isJson) context.out.json(UploadLicenseResponse.toJSON(answer));
  else writeUpload(context.out, answer);
}

/** Writes the answer for people. */
export function writeUpload(screen: Screen, answer: UploadLicenseResponse): void {
  const installed = answer.licenses.filter(({ outcome }) => outcome === UploadOutcome.INSTALLED);
  if (answer.validateOnly)
    screen.line`${styled("cyan", "Dry run: nothing was written.")} The upload would do this:`;
  if (installed.length === 0) {
    screen.line`Nothing changes: ${answer.licenses.length === 1 ? "the license is" : "all licenses are"} installed already.`;
  } else {
    const did = answer.validateOnly ? "Would install" : "Installed";
    const revision = answer.validateOnly ? "" : `; ${showRevision(answer.revision)}`;
    screen.line`${did} ${installed.length} of ${counted(answer.licenses.length, "license")}${revision}.`;
  }
  writeTable(screen, COLUMNS, answer.licenses, "  ");
  for (const id of answer.replacedLicenseIds) screen.line`  replaces ${id}`;
  if (installed.length > 0) writeChanges(screen, answer);
}

const COLUMNS: ReadonlyArray<Column<UploadedLicense>> = [
  { title: "FILE", cell: ({ fileName }) => fileName },
  { title: "LICENSE", cell: ({ license }) => license && styled("bold", licenseTitle(license)) },
  { title: "OUTCOME", cell: ({ outcome }) => nameOf(UploadOutcome, outcome).toLowerCase().replace("_", " ") },
  { title: "STARTS (UTC)", cell: ({ license }) => license?.startTime && formatInstant(license.startTime) },
  {
    title: "ENDS (UTC)",
    cell: ({ license }) => (license?.expireTime === undefined ? "never" : formatInstant(license.expireTime)),
  },
  { title: "ID", cell: ({ license }) => license?.id },
  { title: "IN FORCE FOR THE ITEM", cell: inForce },
];

function inForce({ inForceLicenseId, license }: UploadedLicense): string {
  if (inForceLicenseId === "") return "none runs";
  return inForceLicenseId === license?.id ? "this one" : inForceLicenseId;
}
