import {
  type Alert,
  AlertKind,
  AlertSeverity,
  GetLicenseInfoResponse,
  NodeStatus,
  PlatformStatus,
} from "@license-service/contract";
import type { CommandContext } from "../context.ts";
import { type Answers, type OfflineFlags, openAnswers } from "../offline/answers.ts";
import { withoutAge, writeOfflineNote } from "../offline/offline-note.ts";
import { readInstant } from "../options.ts";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { distanceOrigin, formatInstant, formatWithDistance } from "../output/time.ts";
import { writeLicense, writeLicenses } from "../render/license-table.ts";
import { writeNodes } from "../render/node-table.ts";
import { showRevision } from "../render/terms.ts";

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
  if (answer.license !== undefined) {
    screen.line`\n${styled("bold", "Base license")}`;
    writeLicense(screen, answer.license, from);
  }
  if (answer.additions.length > 0) {
    screen.line`\n${styled("bold", "Further licenses")} (${answer.additions.length})`;
    writeLicenses(screen, answer.additions, from);
  }
  writeNodesBriefly(screen, answer, from);
  for (const alert of answer.alerts) writeAlert(screen, alert);
}

function writePlatform(screen: Screen, answer: GetLicenseInfoResponse, from: Date): void {
  screen.fields([
    ["platform", answer.platformId],
    ["status", showPlatformStatus(answer.status)],
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

function writeAlert(screen: Screen, alert: Alert): void {
  const style = alert.severity === AlertSeverity.CRITICAL ? "red" : "yellow";
  const severity = nameOf(AlertSeverity, alert.severity).toLowerCase();
  const subject = alert.subject === "" ? "" : ` [${alert.subject}]`;
  screen.line`\n${styled(style, `Alert (${severity}) ${nameOf(AlertKind, alert.kind)}`)}${subject}: ${alert.message}`;
  if (alert.remedy !== "") screen.line`  What to do: ${alert.remedy}`;
}
