/** Results of cases as lines of TAP, written in the guest and counted on the host. */

/** A case that can be run. */
export interface KernelCase {
  readonly title: string;
  run(): Promise<void>;
}

/** How many cases passed and failed. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** The last line of a run that went through, whatever its cases came to. */
export const END_OF_RUN = "# end";

/** No case takes longer. */
const CASE_WITHIN_MS = 60_000;

/** Runs cases one after another and writes a line for each; a failed one ends nothing. */
export async function runCases(cases: readonly KernelCase[], write: (line: string) => void): Promise<Count> {
  let [passed, failed] = [0, 0];
  for (const { title, run } of cases) {
    const began = performance.now();
    try {
      await inTime(run());
      passed += 1;
      write(`ok - ${title} (${Math.round(performance.now() - began)} ms)`);
    } catch (error) {
      failed += 1;
      write(`not ok - ${title}`);
      for (const line of explanation(error).split("\n")) write(`  ${line}`);
    }
  }
  return { passed, failed };
}

/** Counts the results among the lines of a run. */
export function countResults(lines: readonly string[]): Count {
  return {
    passed: lines.filter((line) => line.startsWith("ok ")).length,
    failed: lines.filter((line) => line.startsWith("not ok ")).length,
  };
}

async function inTime(work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done in ${CASE_WITHIN_MS} ms`)), CASE_WITHIN_MS);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function explanation(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
