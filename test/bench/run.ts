/** `npm run bench`: runs benches one after another, keeps their results and renews the tables of the page. */
import { constants } from "node:os";
import { HELP, readArguments } from "./arguments.ts";
import { type Bench, type BenchContext, type Measurement, MissingProgram } from "./bench.ts";
import { BENCHES } from "./benches.ts";
import { machineFacts } from "./report/machine.ts";
import { keepResult, type Result, renewPage, resultText } from "./report/results.ts";

const QUICK_NOTE = "Tiny sizes: these numbers show that the bench works, and nothing else.";

/** Work to be done at the end of the bench that runs, the last first. */
let cleanups: Array<() => void | Promise<void>> = [];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    void cleanUp().then(() => process.exit(128 + constants.signals[signal]));
  });
}
process.exitCode = await main();

async function main(): Promise<number> {
  const command = readArguments(process.argv.slice(2), BENCHES);
  switch (command.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "list":
      for (const { name, summary } of BENCHES) process.stdout.write(`${name.padEnd(14)}${summary}\n`);
      return 0;
    case "wrong":
      process.stderr.write(command.message);
      return 2;
    case "run":
      return runAll(command.benches, command);
  }
}

async function runAll(
  benches: readonly Bench[],
  { isQuick, isJson }: { readonly isQuick: boolean; readonly isJson: boolean },
): Promise<number> {
  const results: Result[] = [];
  let exitCode = 0;
  for (const bench of benches) {
    try {
      const result = await runOne(bench, isQuick);
      results.push(result);
      if (!isJson) process.stdout.write(`## ${bench.name}\n\n${resultText(result)}\n`);
      if (!isQuick) await keepResult(result);
      if (!isQuick && result.goals.some(({ isReached }) => !isReached)) exitCode = Math.max(exitCode, 1);
    } catch (error) {
      const isMissing = error instanceof MissingProgram;
      process.stderr.write(`${bench.name}: ${isMissing ? error.message : (error as Error).stack}\n`);
      exitCode = isMissing ? 2 : Math.max(exitCode, 1);
    }
  }
  if (isJson) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  if (!isQuick && results.length > 0) await renewPage();
  return exitCode;
}

async function runOne(bench: Bench, isQuick: boolean): Promise<Result> {
  const context: BenchContext = {
    isQuick,
    teardown: (work) => void cleanups.push(work),
    say: (line) => void process.stderr.write(`${bench.name}: ${line}\n`),
  };
  const machine = await machineFacts();
  const startedAt = performance.now();
  let measurement: Measurement;
  try {
    measurement = await bench.measure(context);
  } finally {
    await cleanUp();
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const notes = [...measurement.notes, ...(isQuick ? [QUICK_NOTE] : [])];
  return { bench: bench.name, machine, seconds, ...measurement, notes };
}

async function cleanUp(): Promise<void> {
  const works = cleanups.reverse();
  cleanups = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      process.stderr.write(`cleaning up: ${(error as Error).stack}\n`);
    }
  }
}
