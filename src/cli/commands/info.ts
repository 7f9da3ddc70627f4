import {
  type Alert,
  AlertKind,
  AlertSeverity,
  GetLicenseInfoResponse,
  PlatformStatus,
} from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readInstant } from "../options.ts";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { distanceOrigin, formatInstant, formatWithDistance } from "../output/time.ts";
import { writeLicense, writeLicenses } from "../render/license-table.ts";
import { showRevision } from "../render/terms.ts";

/** `licensectl info`: GetLicenseInfo. */
export async function info(context: CommandContext, options: { at?: string }): Promise<void> {
  const atTime = readInstant("--at", options.at);
  const answer = await withServer(context, (server) =>
    server.call((client) => client.getLicenseInfo, { atTime }),
  );
  if (context.isJson) context.out.json(GetLicenseInfoResponse.toJSON(answer));
  else writeInfo(context.out, answer, distanceOrigin(answer.evaluatedAt, atTime !== undefined));
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
