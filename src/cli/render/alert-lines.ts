import { type Alert, AlertKind, AlertSeverity } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Screen, type Style, styled } from "../output/screen.ts";
import { formatInstant, formatWithDistance } from "../output/time.ts";

const STYLES: Readonly<Record<number, Style>> = {
  [AlertSeverity.CRITICAL]: "red",
  [AlertSeverity.INFO]: "cyan",
};

/** Writes alerts for people: those to act on, then in one line each the reminders that are put off. */
export function writeAlerts(screen: Screen, alerts: readonly Alert[], from: Date): void {
  for (const alert of alerts) if (alert.putOffUntil === undefined) writeAlert(screen, alert, from);
  const silent = alerts.filter(({ putOffUntil }) => putOffUntil !== undefined);
  if (silent.length > 0) screen.line``;
  for (const { kind, subject, dueTime, putOffUntil } of silent) {
    screen.line`${styled("dim", `Put off until ${formatWithDistance(putOffUntil, from)}: ${nameOf(AlertKind, kind)} [${subject}], due ${formatWithDistance(dueTime, from)}`)}`;
  }
}

function writeAlert(screen: Screen, alert: Alert, from: Date): void {
  const severity = nameOf(AlertSeverity, alert.severity).toLowerCase();
  const subject = alert.subject === "" ? "" : ` [${alert.subject}]`;
  const title = `Alert (${severity}) ${nameOf(AlertKind, alert.kind)}`;
  screen.line`\n${styled(STYLES[alert.severity] ?? "yellow", title)}${subject}: ${alert.message}`;
  if (alert.dueTime !== undefined) screen.line`  Due: ${formatWithDistance(alert.dueTime, from)}`;
  else if (alert.since !== undefined) screen.line`  Since: ${formatInstant(alert.since)}`;
  if (alert.remedy !== "") screen.line`  What to do: ${alert.remedy}`;
}
