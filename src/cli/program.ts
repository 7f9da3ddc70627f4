import { readFileSync } from "node:fs";
import { Command, type OptionValues } from "commander";
import { addAuthorityCommands } from "./authority-commands.ts";
import type { CommandContext, Host } from "./context.ts";
import { createScreen } from "./output/screen.ts";
import { addServerCommands } from "./server-commands.ts";
import { DEFAULT_ADDRESS, type GlobalFlags } from "./settings.ts";

/** A command at work: its own options and arguments as commander read them. */
export type Action<Options> = (
  context: CommandContext,
  options: Options,
  args: readonly string[],
) => Promise<void>;

/** Gives a command its action, which loads when it runs, so that help comes at once. */
export type Bind = <Options extends OptionValues>(
  load: () => Promise<Action<Options>>,
) => (...received: unknown[]) => Promise<void>;

/** The command line of licensectl. Writes only to the streams of the host and never ends the process. */
export function createProgram(host: Host): Command {
  const program = new Command("licensectl");
  program
    .description("Looks after the licenses of a platform, and issues them for its vendor.")
    .version(packageVersion(), "--version", "print the version")
    .option(
      "--address <host:port>",
      `the license service (env LICENSECTL_ADDRESS; default ${DEFAULT_ADDRESS})`,
    )
    .option(
      "--token-file <file>",
      "file with the token (env LICENSECTL_TOKEN_FILE, or the token in LICENSECTL_TOKEN)",
    )
    .option("--data-dir <directory>", "data directory of a server on this machine, to use its admin token")
    .option("--timeout <time>", 'longest wait for an answer, for example "500ms" or "2m" (default 10s)')
    .option(
      "--json",
      "print one JSON document, in the form of the protobuf contract; errors as JSON on stderr",
    )
    .option("--no-color", "no colors (NO_COLOR does the same)")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText("after", AFTER_HELP);
  const bind: Bind =
    (load) =>
    async (...received) => {
      const command = received.pop();
      if (!(command instanceof Command)) throw new TypeError("commander calls actions with the command last");
      const action = await load();
      await action(contextOf(host, command.optsWithGlobals()), command.opts(), command.args);
    };
  addServerCommands(program, bind);
  addAuthorityCommands(program, bind);
  return program;
}

function contextOf(host: Host, flags: GlobalFlags): CommandContext {
  const useColor = flags.color !== false;
  return {
    host,
    flags,
    isJson: flags.json === true,
    out: createScreen(host.stdout, useColor),
    err: createScreen(host.stderr, useColor),
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version }: { version: string } = JSON.parse(text);
  return version;
}

const AFTER_HELP = `
Times are UTC, in ISO 8601. Without --token-file, LICENSECTL_TOKEN and LICENSECTL_TOKEN_FILE, a server on
this machine is met with the admin token in ./data or /var/lib/license-service. Tokens are never arguments.

Exit codes:
  0  done
  1  refused, with a reason
  2  wrong use: options, settings, files
  3  the license service cannot be reached
  4  the token is not accepted, or may not do this
  5  a defect of licensectl or of the server

Examples:
  licensectl info
  licensectl capabilities --domain compute
  licensectl upload license.tar.gz --dry-run
  licensectl explain gpu --json
`;
