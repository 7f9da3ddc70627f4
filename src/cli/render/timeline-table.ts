import type { License } from "@license-service/contract";
import type { ComingChange } from "../forecast/coming-changes.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant, formatRelative } from "../output/time.ts";
import { licenseTitle, showLimit, stateAndReason, stateStyle } from "./terms.ts";

interface Line {
  readonly when: string;
  readonly distance: string;
  readonly what: Inline;
  readonly before: string;
  readonly after: Inline;
}

const COLUMNS: ReadonlyArray<Column<Line>> = [
  { title: "WHEN (UTC)", cell: ({ when }) => when },
  { title: "IN", cell: ({ distance }) => distance },
  { title: "WHAT", cell: ({ what }) => what },
  { title: "BEFORE", cell: ({ before }) => before },
  { title: "AFTER", cell: ({ after }) => after },
];

/** Writes what is to come as a table, by date; nothing when there is nothing. */
export function writeComingChanges(screen: Screen, changes: readonly ComingChange[], from: Date): void {
  const lines = changes.flatMap((change) => linesOf(change, from));
  if (lines.length > 0) writeTable(screen, COLUMNS, lines);
}

/** The instant stands in the first line of those that share it. */
function linesOf(change: ComingChange, from: Date): readonly Line[] {
  const { at, starts, ends, losses, capabilities, quotas } = change;
  const license = (one: License, before: string, after: string) => ({
    what: licenseTitle(one),
    before,
    after,
  });
  const lines = [
    ...ends.map((one) => license(one, "runs", "ends")),
    ...losses.map((one) => license(one, "on a buffer", "its USB key is lost")),
    ...starts.map((one) => license(one, "to come", "starts")),
    ...capabilities.map(({ key, stateBefore, reasonBefore, stateAfter, reasonAfter }) => ({
      what: styled("bold", key),
      before: stateAndReason(stateBefore, reasonBefore),
      after: styled(stateStyle(stateAfter), stateAndReason(stateAfter, reasonAfter)),
    })),
    ...quotas.map(({ key, limitBefore, overBefore, limitAfter, overAfter }) => ({
      what: key,
      before: limitText(limitBefore, overBefore),
      after: limitText(limitAfter, overAfter),
    })),
  ];
  const when = formatInstant(at);
  const distance = formatRelative(at, from).replace(/^in /, "");
  return lines.map((line, i) => ({
    ...line,
    when: i === 0 ? when : " ",
    distance: i === 0 ? distance : " ",
  }));
}

function limitText(limit: bigint | undefined, isOver: boolean): string {
  return isOver ? `${showLimit(limit)}, OVER` : showLimit(limit);
}
