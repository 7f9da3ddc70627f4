import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";

/** What the command line asks for. */
export type BenchCommand =
  | { readonly kind: "help" | "list" }
  | { readonly kind: "wrong"; readonly message: string }
  | {
      readonly kind: "run";
      readonly benches: readonly Bench[];
      readonly isQuick: boolean;
      readonly isJson: boolean;
    };

/** Text of `--help`. */
export const HELP = `npm run bench [-- NAME...] [--quick] [--json]

Measures, writes test/bench/results/NAME.json and the tables of docs/performance.md.
Without a name all benches run, one after another.

  --list    the benches
  --quick   tiny sizes, nothing written: only to see that the benches work
  --json    the results as JSON on standard output
  --help    this text

Exit code: 0 measured, 1 a bench failed or a number was not reached, 2 wrong usage or a program is missing.
Run it on a machine that does nothing else.
`;

/** Reads the arguments after the program's name. */
export function readArguments(argv: readonly string[], known: readonly Bench[]): BenchCommand {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return { kind: "wrong", message: `${(error as Error).message}\n${HELP}` };
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: "help" };
  if (values.list) return { kind: "list" };
  const unknown = positionals.filter((name) => !known.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const names = known.map(({ name }) => name).join(", ");
    return { kind: "wrong", message: `Unknown bench: ${unknown.join(", ")}. There are: ${names}.\n` };
  }
  const benches = positionals.length === 0 ? known : known.filter(({ name }) => positionals.includes(name));
  return { kind: "run", benches, isQuick: values.quick, isJson: values.json };
}

function parse(argv: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { quick: flag, json: flag, list: flag, help: { ...flag, short: "h" } },
  });
}
