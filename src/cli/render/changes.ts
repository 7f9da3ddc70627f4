import {
  type Alert,
  AlertKind,
  AlertSeverity,
  type CapabilityChange,
  CapabilityState,
  type QuotaChange,
} from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Screen, type Style, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { showLimit, showOperations, stateAndReason } from "./terms.ts";

const WIDEST_FIRST: readonly CapabilityState[] = [
  CapabilityState.ENABLED,
  CapabilityState.RESTRICTED,
  CapabilityState.VIEW_ONLY,
  CapabilityState.DISABLED,
];

/** What an upload or a deletion changes, or would change. */
export interface Changes {
  readonly capabilityChanges: readonly CapabilityChange[];
  readonly quotaChanges: readonly QuotaChange[];
  readonly startedAlerts: readonly Alert[];
  readonly stoppedAlerts: readonly Alert[];
}

/** Writes capabilities gained, lost and otherwise changed, quotas against what is in use, and alerts. */
export function writeChanges(screen: Screen, changes: Changes): void {
  const { capabilityChanges, quotaChanges } = changes;
  const direction = (change: CapabilityChange): number =>
    Math.sign(WIDEST_FIRST.indexOf(change.stateBefore) - WIDEST_FIRST.indexOf(change.stateAfter));
  writeGroup(
    screen,
    "Capabilities gained",
    "green",
    capabilityChanges.filter((change) => direction(change) > 0),
  );
  writeGroup(
    screen,
    "Capabilities lost",
    "red",
    capabilityChanges.filter((change) => direction(change) < 0),
  );
  writeGroup(
    screen,
    "Capabilities otherwise changed",
    "cyan",
    capabilityChanges.filter((change) => direction(change) === 0),
  );
  writeQuotas(screen, quotaChanges);
  writeAlerts(screen, changes);
  if (capabilityChanges.length === 0 && quotaChanges.length === 0)
    screen.line`No capability and no quota changes.`;
}

function writeGroup(screen: Screen, title: string, style: Style, changes: readonly CapabilityChange[]): void {
  if (changes.length === 0) return;
  const columns: ReadonlyArray<Column<CapabilityChange>> = [
    { title: "CAPABILITY", cell: ({ key }) => styled("bold", key) },
    { title: "BEFORE", cell: (change) => stateAndReason(change.stateBefore, change.reasonBefore) },
    {
      title: "AFTER",
      cell: (change) => styled(style, stateAndReason(change.stateAfter, change.reasonAfter)),
    },
    { title: "OPERATIONS AFTER", cell: ({ operationsAfter }) => showOperations(operationsAfter) },
  ];
  screen.line`\n${styled("bold", title)} (${changes.length})`;
  writeTable(screen, columns, changes, "  ");
}

function writeQuotas(screen: Screen, changes: readonly QuotaChange[]): void {
  if (changes.length === 0) return;
  const columns: ReadonlyArray<Column<QuotaChange>> = [
    { title: "METER", cell: ({ key }) => styled("bold", key) },
    { title: "BEFORE", cell: ({ limitBefore }) => showLimit(limitBefore), align: "right" },
    { title: "AFTER", cell: ({ limitAfter }) => showLimit(limitAfter), align: "right" },
    { title: "IN USE", cell: showUse, align: "right" },
    { title: "OVER", cell: showOver },
  ];
  screen.line`\n${styled("bold", "Quotas")} (${changes.length})`;
  writeTable(screen, columns, changes, "  ");
}

/** A change of limits can move use to another meter: then both numbers show. */
function showUse({ usedBefore, usedAfter }: QuotaChange): string {
  return usedBefore === usedAfter ? `${usedAfter}` : `${usedBefore} -> ${usedAfter}`;
}

function showOver({ overBefore, overAfter, overBy }: QuotaChange) {
  if (overAfter) return styled("red", `by ${overBy}`);
  return overBefore ? styled("green", "no more") : "";
}

function writeAlerts(screen: Screen, { startedAlerts, stoppedAlerts }: Changes): void {
  const groups = [
    { title: "Alerts that begin", style: "red", alerts: startedAlerts },
    { title: "Alerts that end", style: "green", alerts: stoppedAlerts },
  ] as const;
  for (const { title, style, alerts } of groups) {
    if (alerts.length === 0) continue;
    const columns: ReadonlyArray<Column<Alert>> = [
      { title: "ALERT", cell: ({ kind }) => styled(style, nameOf(AlertKind, kind)) },
      { title: "SUBJECT", cell: ({ subject }) => subject },
      { title: "SEVERITY", cell: ({ severity }) => nameOf(AlertSeverity, severity).toLowerCase() },
      { title: "WHY", cell: ({ message }) => message },
    ];
    screen.line`\n${styled("bold", title)} (${alerts.length})`;
    writeTable(screen, columns, alerts, "  ");
  }
}
