/** The result files, and the page of documentation whose tables are made from them. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { Measurement } from "../bench.ts";
import { type MachineFacts, machineText } from "./machine.ts";
import { measurementText } from "./markdown.ts";

/** A measurement as it is kept. */
export interface Result extends Measurement {
  readonly bench: string;
  readonly machine: MachineFacts;
  /** How long the whole bench took. */
  readonly seconds: number;
}

const RESULTS = new URL("../results/", import.meta.url);
const PAGE = new URL("../../../docs/performance.md", import.meta.url);

/** Keeps a result, in place of the earlier one of its bench. */
export async function keepResult(result: Result): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${result.bench}.json`, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
}

/** Writes the tables of the page anew from all results that are kept. */
export async function renewPage(): Promise<void> {
  const names = (await readdir(RESULTS)).filter((name) => name.endsWith(".json"));
  const results = await Promise.all(
    names.map(async (name): Promise<Result> => JSON.parse(await readFile(new URL(name, RESULTS), "utf8"))),
  );
  await writeFile(PAGE, withTables(await readFile(PAGE, "utf8"), results));
}

/**
 * The page with what stands between the markers of each bench replaced by its tables.
 *
 * @throws Error: the page has no markers for a bench, so its figures would be lost.
 */
export function withTables(page: string, results: readonly Result[]): string {
  return results.reduce((text, result) => {
    const [begin, end] = [`<!-- bench ${result.bench} -->`, `<!-- end ${result.bench} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`docs/performance.md lacks ${begin} ... ${end}`);
    return `${text.slice(0, from + begin.length)}\n\n${resultText(result)}\n${text.slice(to)}`;
  }, page);
}

/** Tables of a result, and where they were measured. */
export function resultText(result: Result): string {
  return `${measurementText(result)}\n${machineText(result.machine)}; ${Math.round(result.seconds)} s.\n`;
}
