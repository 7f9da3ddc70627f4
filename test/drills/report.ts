/** Writes what a drill found: tables, findings, and one line with the verdict. */
import { type Screen, styled } from "../../src/cli/output/screen.ts";
import { type Column, writeTable } from "../../src/cli/output/table.ts";
import type { Cell, Drill, DrillReport, DrillTable, Finding } from "./drill.ts";

/** Whether every promise held; a drill that looked at nothing proves nothing. */
export function isHolding({ findings }: DrillReport): boolean {
  return findings.length > 0 && findings.every(({ holds }) => holds);
}

/** Writes a report for people. */
export function writeReport(screen: Screen, drill: Drill, report: DrillReport, tookMs: number): void {
  for (const table of report.tables) writeDrillTable(screen, table);
  screen.line`${styled("bold", "Promises")}`;
  writeTable(screen, FINDING_COLUMNS, report.findings, "  ");
  const broken = report.findings.filter(({ holds }) => !holds).length;
  const seconds = (tookMs / 1000).toFixed(1);
  screen.raw("\n");
  if (isHolding(report)) {
    screen.line`${styled("green", "HOLDS")} ${drill.name}: ${report.findings.length} of ${report.findings.length} promises, ${seconds} s`;
  } else {
    screen.line`${styled("red", "BROKEN")} ${drill.name}: ${broken} of ${report.findings.length} promises, ${seconds} s`;
  }
}

/** The same for programs. */
export function reportAsJson(drill: Drill, report: DrillReport, tookMs: number): object {
  const tables = report.tables.map(({ title, columns, rows }) => ({
    title,
    rows: rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
  }));
  const { findings } = report;
  return { drill: drill.name, holds: isHolding(report), tookMs: Math.round(tookMs), findings, tables };
}

const FINDING_COLUMNS: ReadonlyArray<Column<Finding>> = [
  { title: "PROMISE", cell: ({ promise }) => promise },
  { title: "SEEN", cell: ({ seen }) => seen },
  {
    title: "VERDICT",
    cell: ({ holds }) => (holds ? styled("green", "holds") : styled("red", "BROKEN")),
  },
];

function writeDrillTable(screen: Screen, { title, columns, rows, note }: DrillTable): void {
  screen.line`${styled("bold", title)}`;
  const shown = columns.map((column, index): Column<readonly Cell[]> => {
    const isNumber = rows.every((row) => typeof row[index] === "number");
    return { title: column.toUpperCase(), cell: (row) => row[index], align: isNumber ? "right" : "left" };
  });
  writeTable(screen, shown, rows, "  ");
  if (note !== undefined) screen.line`  ${styled("dim", note)}`;
  screen.raw("\n");
}
