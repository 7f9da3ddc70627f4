/** Tables as Markdown that also reads well in a terminal. */
import type { Cell, Column, Goal, Measurement, Table } from "../bench.ts";

/** Goals, tables and notes of a measurement, without headings. */
export function measurementText({ goals, tables, notes }: Measurement): string {
  const parts = [
    ...(goals.length > 0 ? [tableText(goalTable(goals))] : []),
    ...tables.map((table) => `**${table.title}**\n\n${tableText(table)}`),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join("\n")] : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

function goalTable(goals: readonly Goal[]): Table {
  return {
    title: "",
    columns: [
      { key: "what", title: "to reach" },
      { key: "toReach", title: "" },
      { key: "measured", title: "measured" },
      { key: "verdict", title: "reached" },
    ],
    rows: goals.map(({ what, toReach, measured, isReached }) => ({
      what,
      toReach,
      measured,
      verdict: isReached ? "yes" : "no",
    })),
  };
}

function tableText({ columns, rows }: Table): string {
  const isNumeric = columns.map(({ key }) => rows.every((row) => typeof row[key] === "number"));
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => cellText(row[column.key], column))),
  ];
  const widths = columns.map((_, index) => Math.max(3, ...lines.map((line) => (line[index] ?? "").length)));
  const padded = lines.map((line) =>
    line.map((text, index) =>
      isNumeric[index] === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
    ),
  );
  const rule = widths.map((width, index) =>
    isNumeric[index] === true ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const [head = [], ...body] = padded;
  return [head, rule, ...body].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cellText(cell: Cell | undefined, { digits = 0 }: Column): string {
  if (typeof cell !== "number") return cell ?? "";
  return cell.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
