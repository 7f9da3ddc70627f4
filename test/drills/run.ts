/** `npm run drill -- NAME`: runs one drill and says whether the promise held. */
import { parseArgs } from "node:util";
import { createScreen } from "../../src/cli/output/screen.ts";
import { nearestName } from "../../src/nearest-name.ts";
import { DRILLS } from "./catalog.ts";
import { CannotRunError, type Drill, type DrillReport } from "./drill.ts";
import { closeOnSignals, DrillTeardown } from "./parts/teardown.ts";
import { isHolding, reportAsJson, writeReport } from "./report.ts";

const EXIT = { holds: 0, broken: 1, cannotRun: 2 } as const;

/** An ending that hangs must not keep the terminal. */
const CLEANUP_MS = 120_000;

const USAGE = `Usage: npm run drill -- NAME [--json]
       npm run drill -- --list

Makes one fault on real servers and a real PostgreSQL of its own, and says whether the promise holds.
Everything that it starts is ended and removed again.

  --list  the drills, one line each
  --json  the report as JSON
  --help  this text; after a NAME what that drill does

Exit codes: 0 the promise holds, 1 it does not, 2 this machine cannot run the drill, or an unknown NAME.

Drills:
`;

const screen = createScreen(process.stdout, true);
const notices = createScreen(process.stderr, true);

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
      },
    });
    const [name, ...more] = positionals;
    if (more.length > 0) throw new CannotRunError("One drill at a time: they measure.");
    const drill = name === undefined ? undefined : find(name);
    if (values.list) return say(listText());
    if (drill === undefined) return values.help ? say(USAGE + listText()) : missingName();
    if (values.help) return say(`${drill.name}: ${drill.fault}.\n\n${drill.promise}\n\n${drill.usual}.\n`);
    return await runDrill(drill, values.json === true);
  } catch (error) {
    if (!(error instanceof CannotRunError) && !isUsageError(error)) throw error;
    notices.line`drill: ${error.message}`;
    return EXIT.cannotRun;
  }
}

function find(name: string): Drill {
  const drill = DRILLS.find((one) => one.name === name);
  if (drill !== undefined) return drill;
  const nearest = nearestName(
    name,
    DRILLS.map((one) => one.name),
  );
  const hint = nearest === undefined ? "" : ` did you mean ${nearest}?`;
  throw new CannotRunError(`There is no drill "${name}";${hint} --list names them.`);
}

function listText(): string {
  const width = Math.max(...DRILLS.map(({ name }) => name.length));
  return DRILLS.map(({ name, fault, usual }) => `  ${name.padEnd(width)}  ${fault} (${usual})\n`).join("");
}

function say(text: string): number {
  screen.raw(text);
  return EXIT.holds;
}

function missingName(): number {
  notices.raw(USAGE + listText());
  return EXIT.cannotRun;
}

async function runDrill(drill: Drill, isJson: boolean): Promise<number> {
  const opened = new DrillTeardown((line) => notices.line`${line}`);
  closeOnSignals(opened);
  const startedAt = performance.now();
  const tookMs = () => performance.now() - startedAt;
  try {
    const context = {
      teardown: (work: () => void | Promise<void>) => opened.teardown(work),
      say: (line: string) => notices.line`${(tookMs() / 1000).toFixed(1).padStart(6)} s  ${line}`,
    };
    const report = await withinTime(drill, drill.run(context));
    const took = tookMs();
    if (isJson) screen.json(reportAsJson(drill, report, took));
    else writeReport(screen, drill, report, took);
    return isHolding(report) ? EXIT.holds : EXIT.broken;
  } catch (error) {
    if (error instanceof CannotRunError) throw error;
    notices.line`drill: ${drill.name} did not end well: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    return EXIT.broken;
  } finally {
    await opened.closeAll(CLEANUP_MS);
  }
}

/** A drill that hangs has shown that something hangs. */
async function withinTime(drill: Drill, report: Promise<DrillReport>): Promise<DrillReport> {
  const { promise, reject } = Promise.withResolvers<never>();
  const seconds = drill.timeoutMs / 1000;
  const timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), drill.timeoutMs);
  try {
    return await Promise.race([report, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
