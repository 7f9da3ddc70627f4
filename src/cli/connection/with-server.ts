import type { CommandContext } from "../context.ts";
import { readSettings, type Settings } from "../settings.ts";
import { connect, type Server } from "./server.ts";

/**
 * Runs work on a connection that is closed afterwards, whatever happens.
 * @throws CliError from reading the settings or from the work.
 */
export async function withServer<T>(
  context: CommandContext,
  work: (server: Server, settings: Settings) => Promise<T>,
): Promise<T> {
  const settings = await readSettings(context.flags, context.host.env);
  const server = connect(settings);
  try {
    return await work(server, settings);
  } finally {
    server.close();
  }
}
