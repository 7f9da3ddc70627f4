import { Command, type OptionValues } from "commander";
import { packageVersion } from "../version.ts";
import { addAuthorityCommands } from "./authority-commands.ts";
import type { CommandContext, Host } from "./context.ts";
import { addNodeCommands } from "./node-commands.ts";
import { createScreen } from "./output/screen.ts";
import { addReminderCommands } from "./reminder-commands.ts";
import { addServerCommands } from "./server-commands.ts";
import { DEFAULT_ADDRESS, type GlobalFlags } from "./settings.ts";
import { addTokenCommands } from "./token-commands.ts";
import { addUsageCommands } from "./usage-commands.ts";
import { addUsbCommands } from "./usb-commands.ts";

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
    .option("--tls", "meet the server by TLS: the default for another machine")
    .option("--plaintext", "meet another machine without TLS: the token travels readable")
    .option(
      "--ca <file>",
      "PEM file of the authorities that sign servers (env LICENSECTL_CA; default: the system's)",
    )
    .option("--cert <file>", "PEM file of a client certificate (env LICENSECTL_CERT)")
    .option("--key <file>", "PEM file of its private key (env LICENSECTL_KEY)")
    .option("--server-name <name>", "name that the server's certificate must hold (default: the address's)")
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
  addUsbCommands(program, bind);
  addReminderCommands(program, bind);
  addUsageCommands(program, bind);
  addTokenCommands(program, bind);
  addNodeCommands(program, bind);
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

const AFTER_HELP = `
Times are UTC, in ISO 8601. Without --token-file, LICENSECTL_TOKEN and LICENSECTL_TOKEN_FILE, a server on
this machine is met with the admin token in ./data or /var/lib/license-service. Tokens are never arguments.
Another machine is met by TLS unless --plaintext is given, this one in plaintext unless something of TLS is said.

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
