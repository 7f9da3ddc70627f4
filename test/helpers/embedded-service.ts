/**
 * What a service does with its data directory and database, and nothing else: a process for tests to start, kill
 * and start again. `embedded-service.ts <data directory> <homes directory>`, forked; it tells its parent what
 * became of it, and stops on SIGTERM.
 */
import { StartupError } from "../../src/errors.ts";
import { openDataDirectory } from "../../src/platform/data-directory.ts";
import { startEmbeddedPostgres } from "../../src/store/embedded/embedded-postgres.ts";

/** First message of the process to its parent. */
export type EmbeddedServiceReport =
  | { readonly url: string; readonly postmasterId: number; readonly lines: readonly string[] }
  | { readonly exitCode: number; readonly message: string };

const [dataDirectory = "", homesDirectory = ""] = process.argv.slice(2);
const lines: string[] = [];

try {
  const directory = await openDataDirectory(dataDirectory);
  const database = await startEmbeddedPostgres({
    dataDirectory: directory.path,
    homesDirectory,
    log: (line) => lines.push(line),
  });
  // At the terminal Ctrl-C sends SIGINT to the whole group; the order of the end is up to this process.
  process.on("SIGINT", () => report({ url: database.url, postmasterId: database.pid, lines }));
  const stop = async () => {
    await database.stop();
    directory.close();
    process.exit();
  };
  process.once("SIGTERM", stop);
  // Listening to the parent keeps this process running; once the parent is gone, its work is done.
  process.once("disconnect", stop);
  if (!process.connected) await stop();
  report({ url: database.url, postmasterId: database.pid, lines });
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  report({ exitCode: error.exitCode, message: error.message });
  process.exitCode = error.exitCode;
  process.disconnect();
}

function report(message: EmbeddedServiceReport): void {
  process.send?.(message);
}
