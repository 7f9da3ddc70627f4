/** The commands for the tokens of callers: options, help and examples. Their code loads when they run. */
import { type Command, Option } from "commander";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

/** Adds `token` and what is below it. */
export function addTokenCommands(program: Command, bind: Bind): void {
  const token = program
    .command("token")
    .description("make, list and revoke the tokens by which callers are known")
    .helpCommand(false)
    .addHelpText("after", examples(...CREATE_EXAMPLES, "licensectl token list"));
  token
    .command("create")
    .argument("<name>", "name for people; it shows in the server's log of calls")
    .description("make a token; it is shown once, and cannot be had again")
    .addOption(
      new Option("--role <role>", "what its bearer may do")
        .choices(["admin", "viewer", "service"])
        .makeOptionMandatory(),
    )
    .option("--expires <time>", 'when it ends: "90d", "2027-01-01", or "never" (the default)')
    .option("--out <file>", "write it to this new file, readable by you alone, and do not show it")
    .addHelpText("after", examples(...CREATE_EXAMPLES))
    .action(bind(async () => (await import("./commands/token-create.ts")).tokenCreate));
  token
    .command("list")
    .description("list the tokens that are not revoked; never the tokens themselves")
    .addHelpText("after", examples("licensectl token list", "licensectl token list --json"))
    .action(bind(async () => (await import("./commands/token-list.ts")).tokenList));
  token
    .command("revoke")
    .argument("<id or name>", 'id as "licensectl token list" shows it, or a name that only one token has')
    .description("end a token for good; asks before it does")
    .option("--yes", "do not ask; needed where there is no terminal, and with --json")
    .addHelpText(
      "after",
      examples(
        "licensectl token revoke backup",
        "licensectl token revoke 6f1c0a52-8a7d-4c44-9d0e-2b7c4f1f8f10 --yes",
      ),
    )
    .action(bind(async () => (await import("./commands/token-revoke.ts")).tokenRevoke));
}

const CREATE_EXAMPLES = [
  "licensectl token create compute --role service --out compute.token",
  "licensectl token create backup --role admin --expires 90d",
];
