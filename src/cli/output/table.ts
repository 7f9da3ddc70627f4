import Table from "cli-table3";
import { type Inline, type Screen, styled } from "./screen.ts";

/** One column of a table over rows of type `Row`. */
export interface Column<Row> {
  readonly title: string;
  /** The cell; `undefined` or "" is shown as "-". */
  readonly cell: (row: Row) => Inline | undefined;
  readonly align?: "left" | "right";
}

const NO_BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

function isEmpty(value: Inline | undefined): boolean {
  return value === undefined || value === "" || (typeof value === "object" && value.text === "");
}

/**
 * Writes an aligned table without borders. A column that is empty in every row is left out: a fresh
 * platform has no ends, no quotas and no customers to make room for.
 */
export function writeTable<Row>(
  screen: Screen,
  columns: ReadonlyArray<Column<Row>>,
  rows: readonly Row[],
  indent = "",
): void {
  const filled = columns.filter((column) => rows.some((row) => !isEmpty(column.cell(row))));
  const table = new Table({
    head: filled.map((column) => screen.show(styled("bold", column.title))),
    colAligns: filled.map((column) => column.align ?? "left"),
    chars: NO_BORDERS,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) {
    table.push(filled.map((column) => screen.show(orDash(column.cell(row)))));
  }
  for (const line of table.toString().split("\n")) screen.raw(`${indent}${line.trimEnd()}\n`);
}

function orDash(value: Inline | undefined): Inline {
  return value === undefined || isEmpty(value) ? "-" : value;
}
