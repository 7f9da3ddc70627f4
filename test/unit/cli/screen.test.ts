import { stripVTControlCharacters } from "node:util";
import test from "ava";
import { createScreen, styled } from "../../../src/cli/output/screen.ts";
import { type Column, writeTable } from "../../../src/cli/output/table.ts";
import { capture } from "./_capture.ts";

const ESCAPE = "\u001b";

// Each test file is a process of its own, so that no other test sees this.
test.beforeEach(() => {
  delete process.env["FORCE_COLOR"];
  delete process.env["NO_COLOR"];
});

function write(isTerminal: boolean, useColor: boolean): string {
  const { stream, text } = capture(isTerminal);
  createScreen(stream, useColor).line`state: ${styled("green", "ENABLED")}`;
  return text();
}

test.serial("colors appear on a terminal and nowhere else", (t) => {
  t.is(write(true, true), `state: ${ESCAPE}[32mENABLED${ESCAPE}[39m\n`);
  t.is(write(false, true), "state: ENABLED\n");
});

test.serial("--no-color, NO_COLOR and FORCE_COLOR decide before the terminal does", (t) => {
  t.is(write(true, false), "state: ENABLED\n");
  process.env["FORCE_COLOR"] = "1";
  t.true(write(false, true).includes(ESCAPE));
  t.is(write(false, false), "state: ENABLED\n");
});

test.serial("threat 27: what is put into a line is cleaned, on a terminal too", (t) => {
  const { stream, text } = capture(true);
  createScreen(stream, true).line`name: ${"a\u001b[2J\nb"} ${styled("red", "c\u001b[0m\u202e")}`;
  t.is(text(), `name: a[2J b ${ESCAPE}[31mc[0m${ESCAPE}[39m\n`);
});

interface Row {
  readonly name: string;
  readonly count: bigint | undefined;
}

const COLUMNS: ReadonlyArray<Column<Row>> = [
  { title: "NAME", cell: ({ name }) => styled("bold", name) },
  { title: "NOTHING", cell: () => "" },
  { title: "COUNT", cell: ({ count }) => count, align: "right" },
];

function table(rows: readonly Row[], isTerminal = false): string {
  const { stream, text } = capture(isTerminal);
  writeTable(createScreen(stream, true), COLUMNS, rows, "  ");
  return text();
}

test.serial(
  "a table is aligned, leaves out a column that is empty in every row, and fills single gaps",
  (t) => {
    t.is(
      table([
        { name: "base/cpus", count: 64n },
        { name: "vms", count: undefined },
        { name: "云", count: 1n },
      ]),
      ["  NAME       COUNT", "  base/cpus     64", "  vms            -", "  云             1", ""].join("\n"),
    );
  },
);

test.serial("colors do not disturb the alignment", (t) => {
  const rows = [
    { name: "long-name", count: 1n },
    { name: "x", count: 12n },
  ];
  const colored = table(rows, true);
  t.true(colored.includes(ESCAPE));
  t.is(stripVTControlCharacters(colored), table(rows));
});

test.serial("threat 27: a cell cannot break out of its row", (t) => {
  const lines = table([{ name: "a\nb\u001b[1A", count: 1n }]).split("\n");
  t.deepEqual(lines, ["  NAME    COUNT", "  a b[1A      1", ""]);
});

test.serial("fields align their values and leave out those that are absent", (t) => {
  const { stream, text } = capture();
  createScreen(stream, true).fields([
    ["status", "VALID"],
    ["absent", undefined],
    ["next change", 3],
  ]);
  t.is(text(), "status       VALID\nnext change  3\n");
});
