import { type CapabilityChange, CapabilityState, type QuotaChange } from "@license-service/contract";
import { type Screen, type Style, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { showLimit, showOperations, stateAndReason } from "./terms.ts";

const WIDEST_FIRST: readonly CapabilityState[] = [
  CapabilityState.ENABLED,
  CapabilityState.RESTRICTED,
  CapabilityState.VIEW_ONLY,
  CapabilityState.DISABLED,
];

/** Writes what an upload or a deletion changes: capabilities gained, lost and otherwise changed, and quotas. */
export function writeChanges(
  screen: Screen,
  changes: {
    readonly capabilityChanges: readonly CapabilityChange[];
    readonly quotaChanges: readonly QuotaChange[];
  },
): void {
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
  ];
  screen.line`\n${styled("bold", "Quotas")} (${changes.length})`;
  writeTable(screen, columns, changes, "  ");
}
