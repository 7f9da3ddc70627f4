import { ChangeCause, type RecordedChange } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant } from "../output/time.ts";
import { stateAndReason, stateStyle } from "./terms.ts";

const COLUMNS: ReadonlyArray<Column<RecordedChange>> = [
  { title: "EFFECTIVE (UTC)", cell: ({ effectiveTime }) => effectiveTime && formatInstant(effectiveTime) },
  { title: "CAPABILITY", cell: ({ key }) => styled("bold", key) },
  { title: "BEFORE", cell: (change) => stateAndReason(change.stateBefore, change.reasonBefore) },
  {
    title: "AFTER",
    cell: (change) =>
      styled(stateStyle(change.stateAfter), stateAndReason(change.stateAfter, change.reasonAfter)),
  },
  { title: "CAUSE", cell: ({ cause }) => nameOf(ChangeCause, cause).toLowerCase() },
  { title: "WHY", cell: ({ explanation }) => explanation },
];

/** Writes recorded changes as a table, in the order given; nothing when there are none. */
export function writeHistory(screen: Screen, changes: readonly RecordedChange[]): void {
  if (changes.length > 0) writeTable(screen, COLUMNS, changes);
}
