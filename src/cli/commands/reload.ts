import {
  type DroppedFile,
  ErrorReason,
  ReloadLicenseResponse,
  type UsbScan,
  UsbScanOutcome,
} from "@license-service/contract";
import { CliError, type RefusalLine } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { nameOf } from "../output/names.ts";
import { type Screen, type Style, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant } from "../output/time.ts";
import { counted, showRevision } from "../render/terms.ts";

/** Most files that a server takes by one call. */
const MOST_FILES = 100;

/** `licensectl reload`: ReloadLicense. @throws CliError of kind refused when a dropped file was. */
export async function reload(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.call((client) => client.reloadLicense, {}));
  if (context.isJson) context.out.json(ReloadLicenseResponse.toJSON(answer));
  else writeReload(context.out, answer);
  const refused = answer.droppedFiles.filter(isRefused);
  if (refused.length > 0) throw refusedFiles(refused, answer.droppedFiles.length);
}

/** Writes the answer for people. */
export function writeReload(screen: Screen, answer: ReloadLicenseResponse): void {
  const { droppedFiles } = answer;
  if (droppedFiles.length > 0) {
    screen.line`Drop folder: ${counted(droppedFiles.length, "file")}.`;
    writeTable(screen, COLUMNS, droppedFiles, "  ");
  }
  if (droppedFiles.length >= MOST_FILES) screen.line`More files may wait: reload again.`;
  writeScans(screen, answer.usbScans);
  const at = answer.evaluatedAt === undefined ? "" : ` for ${formatInstant(answer.evaluatedAt)} (UTC)`;
  screen.line`Read ${counted(answer.licenseCount, "license")} and evaluated anew${at}; ${showRevision(answer.revision)}.`;
}

function writeScans(screen: Screen, scans: readonly UsbScan[]): void {
  if (scans.length === 0) return;
  screen.line`USB ports of ${counted(scans.length, "node")}:`;
  writeTable(screen, SCAN_COLUMNS, scans, "  ");
}

const SCAN_COLUMNS: ReadonlyArray<Column<UsbScan>> = [
  { title: "NODE", cell: ({ managementNodeId }) => managementNodeId },
  { title: "SCAN", cell: ({ outcome }) => styled(scanStyle(outcome), nameOf(UsbScanOutcome, outcome)) },
  { title: "KEYS", cell: ({ keyCount }) => keyCount, align: "right" },
];

function scanStyle(outcome: UsbScanOutcome): Style {
  return outcome === UsbScanOutcome.DONE ? "green" : "yellow";
}

const COLUMNS: ReadonlyArray<Column<DroppedFile>> = [
  { title: "FILE", cell: ({ fileName }) => fileName },
  { title: "OUTCOME", cell: showOutcome },
  { title: "REASON", cell: ({ refusals: [first] }) => first && nameOf(ErrorReason, first.reason) },
  { title: "INSTALLED", cell: ({ installedLicenseIds }) => showIds(installedLicenseIds) },
  { title: "UNCHANGED", cell: ({ unchangedLicenseIds }) => showIds(unchangedLicenseIds) },
];

function showOutcome(file: DroppedFile) {
  if (isRefused(file)) return styled("red", "refused");
  return file.installedLicenseIds.length > 0 ? styled("green", "installed") : "unchanged";
}

function showIds([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function isRefused({ refusals }: DroppedFile): boolean {
  return refusals.length > 0;
}

function refusedFiles(files: readonly DroppedFile[], total: number): CliError {
  const refusals = files.flatMap(({ fileName, refusals: against }) =>
    against.map(
      (refusal): RefusalLine => ({
        fileName: refusal.fileName === "" ? fileName : `${fileName}: ${refusal.fileName}`,
        reason: nameOf(ErrorReason, refusal.reason),
        message: refusal.message,
        claim: refusal.claim,
      }),
    ),
  );
  // Of a single reason the message is all that is shown.
  const why = refusals.length === 1 ? `: ${refusals[0]?.message}` : ".";
  return new CliError("refused", `${files.length} of ${counted(total, "dropped file")} refused${why}`, {
    reason: refusals[0]?.reason,
    meaning: "Nothing of a refused file was installed; the other files were taken.",
    remedy:
      "Look into the folder drop/refused of the server's data directory: the files lie there, each with its reasons in a .txt.",
    refusals,
    refusalTotal: refusals.length,
  });
}
