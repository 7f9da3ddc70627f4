import {
  type BaseStanding,
  GetLicenseInfoResponse,
  NodeStatus,
  type PlatformLock,
  PlatformStatus,
} from "@license-service/contract";
import type { CommandContext } from "../context.ts";
import { type Answers, type OfflineFlags, openAnswers } from "../offline/answers.ts";
import { withoutAge, writeOfflineNote } from "../offline/offline-note.ts";
import { readInstant } from "../options.ts";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { distanceOrigin, formatInstant, formatWithDistance } from "../output/time.ts";
import { writeAlerts } from "../render/alert-lines.ts";
import { writeLicense, writeLicenses } from "../render/license-table.ts";
import { writeNodes } from "../render/node-table.ts";
import { meterReadings, showRevision } from "../render/terms.ts";
import { showUsbStatus, writeBuffers } from "../render/usb-keys.ts";

/** `licensectl info`: GetLicenseInfo, or with --offline the same from the data directory (ZL-6). */
export async function info(context: CommandContext, options: OfflineFlags & { at?: string }): Promise<void> {
  const atTime = readInstant("--at", options.at);
  const answers = await openAnswers(context, options);
  const answer = await answers.info({ atTime });
  if (context.isJson) return context.out.json(GetLicenseInfoResponse.toJSON(answer));
  writeOfflineNote(context, answers);
  const from = distanceOrigin(answer.evaluatedAt, atTime !== undefined);
  writeInfo(context.out, withoutAge(answer, answers), from);
  writeRequestCode(context.out, answers);
}

/** A server that is down cannot be asked for it: who sees what has ended needs it for the next license. */
function writeRequestCode(screen: Screen, { offline }: Answers): void {
  if (offline === undefined) return;
  screen.line`\n${styled("bold", "Request code")} (for the vendor; licensectl request-code --offline prints it alone)`;
  screen.line`${offline.identity.requestCode}`;
}

/** Writes the answer for people; distances in time count from `from`. */
export function writeInfo(screen: Screen, answer: GetLicenseInfoResponse, from: Date): void {
  writePlatform(screen, answer, from);
  writeBases(screen, answer);
  if (answer.license !== undefined) {
    screen.line`\n${styled("bold", "Base license")}`;
    writeLicense(screen, answer.license, from);
  }
  if (answer.additions.length > 0) {
    screen.line`\n${styled("bold", "Further licenses")} (${answer.additions.length})`;
    writeLicenses(screen, answer.additions, from);
  }
  writeBuffers(screen, answer.usbBuffers, from);
  writeNodesBriefly(screen, answer, from);
  writeAlerts(screen, answer.alerts, from);
}

function writePlatform(screen: Screen, answer: GetLicenseInfoResponse, from: Date): void {
  screen.fields([
    ["platform", answer.platformId],
    ["status", showPlatformStatus(answer.status)],
    ["USB keys", showUsbStatus(answer.usbStatus)],
    ["locked since", answer.lock && lockText(answer.lock, from)],
    ["product", answer.profile],
    ["version", answer.productVersion || "not known"],
    ["first start", answer.firstStartTime && formatInstant(answer.firstStartTime)],
    ["node", answer.managementNodeId],
    ["evaluated for", answer.evaluatedAt && `${formatInstant(answer.evaluatedAt)} (UTC)`],
    ["next change", formatWithDistance(answer.nextChangeAt, from, "none")],
    ["state of store", showRevision(answer.revision)],
    ["stale since", answer.staleSince && styled("yellow", staleText(answer.staleSince))],
  ]);
}

/** Where there is but one base, its license says it all. */
function writeBases(screen: Screen, { bases }: GetLicenseInfoResponse): void {
  if (bases.length <= 1) return;
  const columns: ReadonlyArray<Column<BaseStanding>> = [
    { title: "ITEM", cell: ({ item }) => styled("bold", item) },
    { title: "EDITION", cell: ({ edition }) => edition },
    { title: "STATUS", cell: ({ status }) => showPlatformStatus(status) },
    { title: "METERS", cell: ({ meters }) => meterReadings(meters) },
    { title: "LICENSES", cell: ({ licenseIds }) => licenseIds.join(", ") },
  ];
  screen.line`\n${styled("bold", "Bases")} (${bases.length})`;
  writeTable(screen, columns, bases);
}

function lockText({ since, item, licenseId }: PlatformLock, from: Date): Inline {
  return styled("red", `${formatWithDistance(since, from)}, by license ${licenseId} of ${item}`);
}

/** One node that is alive says nothing that "node" above does not. */
function writeNodesBriefly(screen: Screen, answer: GetLicenseInfoResponse, from: Date): void {
  const { nodes, managementNodeId: ownId } = answer;
  if (nodes.length <= 1 && nodes.every(({ status }) => status === NodeStatus.ALIVE)) return;
  screen.line`\n${styled("bold", "Nodes")} (${nodes.length})`;
  writeNodes(screen, nodes, { ownId, from });
}

function staleText(since: Date): string {
  return `${formatInstant(since)}: the server cannot reach its database and answers from memory`;
}

function showPlatformStatus(status: PlatformStatus): Inline {
  return styled(status === PlatformStatus.VALID ? "green" : "red", nameOf(PlatformStatus, status));
}
