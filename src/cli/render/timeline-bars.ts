/** The bar chart of a timeline: one bar for each license and each capability, as wide as the terminal. */
import { CapabilityState, type License, LicenseStatus } from "@license-service/contract";
import {
  capabilityStretches,
  type Fill,
  fillCells,
  licenseStretches,
  lossOf,
  type Stretch,
} from "../forecast/bars.ts";
import type { Forecast } from "../forecast/forecast.ts";
import { nameOf } from "../output/names.ts";
import { type Screen, styled } from "../output/screen.ts";
import { clean } from "../output/text.ts";
import { formatInstant } from "../output/time.ts";
import { licenseTitle, stateStyle } from "./terms.ts";

/** What a terminal can show. */
export interface ChartSpace {
  /** Columns. */
  readonly width: number;
  /** Block characters can be shown; else ASCII. */
  readonly hasUnicode: boolean;
}

const BLOCKS: Readonly<Record<number, string>> = {
  [CapabilityState.ENABLED]: "\u2588",
  [CapabilityState.RESTRICTED]: "\u2593",
  [CapabilityState.VIEW_ONLY]: "\u2592",
  [CapabilityState.DISABLED]: "\u00b7",
};
const ASCII: Readonly<Record<number, string>> = {
  [CapabilityState.ENABLED]: "#",
  [CapabilityState.RESTRICTED]: "+",
  [CapabilityState.VIEW_ONLY]: "-",
  [CapabilityState.DISABLED]: ".",
};

/** Below this width the words beside a bar are left out. */
const WIDTH_FOR_TAILS = 60;
const LEAST_BAR = 8;
const GAP = 2;

interface Row {
  readonly label: string;
  readonly stretches: readonly Stretch[];
  /** When it ends, in words. */
  readonly tail: string;
}

/** Writes the bars, with a scale above and what the characters mean below. */
export function writeBars(screen: Screen, forecast: Forecast, space: ChartSpace): void {
  const licenses = forecast.licenses.map((license) => licenseRow(license, forecast));
  const { shown, hiddenCount } = capabilityRows(forecast);
  const layout = layOut([...licenses, ...shown], space);
  writeScale(screen, forecast, layout);
  writeRows(screen, "Licenses", licenses, forecast, layout);
  writeRows(screen, "Capabilities", shown, forecast, layout);
  if (hiddenCount > 0) screen.line`${hiddenCount} more: disabled throughout.`;
  screen.raw("\n");
  writeMeaning(screen, layout);
}

/** What the characters mean: on one line where there is room. */
function writeMeaning(screen: Screen, { glyphs, tail }: Layout): void {
  const meaning = Object.entries(glyphs)
    .map(([state, glyph]) => `${glyph} ${stateName(Number(state))}`)
    .reverse();
  const perLine = tail === 0 ? 2 : meaning.length;
  for (let i = 0; i < meaning.length; i += perLine) {
    screen.line`${meaning.slice(i, i + perLine).join("   ")}`;
  }
}

/** "view only". */
function stateName(state: number): string {
  return nameOf(CapabilityState, state).toLowerCase().replace("_", " ");
}

function licenseRow(license: License, { from, until }: Forecast): Row {
  const { startTime } = license;
  const endTime = lossOf(license) ?? license.expireTime;
  const ends = endTime === undefined ? "no end" : `${endTime <= from ? "ended" : "ends"} ${dateOf(endTime)}`;
  const end = license.status === LicenseStatus.USB_KEY_LOST ? "key lost" : ends;
  const isToCome = startTime !== undefined && startTime > from && startTime <= until;
  return {
    label: licenseTitle(license),
    stretches: licenseStretches(license, from),
    tail: isToCome ? `starts ${dateOf(startTime)}` : end,
  };
}

/** Capabilities that are not disabled all the time: in the others nothing ends. */
function capabilityRows(forecast: Forecast): { shown: readonly Row[]; hiddenCount: number } {
  const keys = forecast.steps[0]?.capabilities.map(({ key }) => key) ?? [];
  const rows = keys.map((key) => ({ key, stretches: capabilityStretches(forecast, key) }));
  const shown = rows
    .filter(({ stretches }) => stretches.some(({ fill }) => fill !== CapabilityState.DISABLED))
    .map(({ key, stretches }) => ({ label: key, stretches, tail: nextState(stretches) }));
  return { shown, hiddenCount: rows.length - shown.length };
}

function nextState([first, ...later]: readonly Stretch[]): string {
  const next = later.find(({ fill }) => fill !== first?.fill);
  if (next === undefined) return "no change";
  return `${stateName(next.fill)} ${dateOf(new Date(next.at))}`;
}

interface Layout {
  readonly label: number;
  readonly bar: number;
  readonly tail: number;
  readonly glyphs: Readonly<Record<number, string>>;
  readonly ellipsis: string;
}

function layOut(rows: readonly Row[], { width, hasUnicode }: ChartSpace): Layout {
  const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => [...clean(text)].length));
  const tail = width < WIDTH_FOR_TAILS ? 0 : longest(rows.map((row) => row.tail));
  const label = Math.min(longest(rows.map((row) => row.label)), Math.max(4, Math.floor(width / 3)));
  const bar = Math.max(LEAST_BAR, width - label - GAP - (tail === 0 ? 0 : tail + GAP));
  return {
    label,
    bar,
    tail,
    glyphs: hasUnicode ? BLOCKS : ASCII,
    ellipsis: hasUnicode ? "\u2026" : "~",
  };
}

function writeScale(screen: Screen, { from, until }: Forecast, { label, bar }: Layout): void {
  const [left, right] = [dateOf(from), dateOf(until)];
  const between = " ".repeat(Math.max(1, bar - left.length - right.length));
  screen.line`${" ".repeat(label + GAP)}${styled("dim", left)}${between}${styled("dim", right)}`;
}

function writeRows(
  screen: Screen,
  title: string,
  rows: readonly Row[],
  forecast: Forecast,
  { label, bar, tail, glyphs, ellipsis }: Layout,
): void {
  if (rows.length === 0) return;
  screen.line`${styled("bold", title)}`;
  for (const row of rows) {
    const name = cut(clean(row.label), label, ellipsis);
    const cells = fillCells(row.stretches, forecast, bar);
    const shown = runsOf(cells).map(({ fill, length }) =>
      screen.show(styled(stateStyle(fill), (glyphs[fill] ?? "?").repeat(length))),
    );
    const words = tail === 0 ? "" : `${" ".repeat(GAP)}${clean(row.tail)}`;
    screen.raw(`${name.padEnd(label)}${" ".repeat(GAP)}${shown.join("")}${words}\n`);
  }
}

/** Text of at most so many characters. */
function cut(text: string, length: number, ellipsis: string): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}${ellipsis}`;
}

/** Cells with one fill, together: each is colored once. */
function runsOf(cells: readonly Fill[]): readonly { readonly fill: Fill; readonly length: number }[] {
  const runs: { fill: Fill; length: number }[] = [];
  for (const fill of cells) {
    const last = runs.at(-1);
    if (last?.fill === fill) last.length += 1;
    else runs.push({ fill, length: 1 });
  }
  return runs;
}

function dateOf(instant: Date): string {
  return formatInstant(instant).slice(0, 10);
}
