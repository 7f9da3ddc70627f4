/** Entry of licensectl: hands the process to the program and its verdict to the shell. */
import "../compile-cache.ts";
import { EXIT } from "./exit-codes.ts";

// Imported once the compile cache is there.
const { run } = await import("./run.ts");

// A reader that has seen enough (`| head`) closes the pipe; that is no failure. A full disk is one.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    process.stderr.write(`licensectl: the output cannot be written: ${error.message}\n`);
    process.exit(EXIT.internal);
  });
}

let interruption: AbortController | undefined;

/** Only commands that ask for it take signals over; all others a signal ends at once, as usual. */
function takeSignals(): AbortController {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  return controller;
}

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  get interrupted() {
    interruption ??= takeSignals();
    return interruption.signal;
  },
});
