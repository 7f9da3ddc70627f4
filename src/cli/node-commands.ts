/** The commands for nodes and their database: options, help and examples. Most work beside the server, not through it. */
import type { Command } from "commander";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

const BY_SETTINGS = `
Reads DATABASE_URL and the LICENSE_* settings from the environment, as the server does. Run it with the
environment and the account of the server.
`;

const DEVELOPMENT = ["--development", "with the defaults of a server in development mode"] as const;

/** Adds `node`, `migrate` and `doctor`. */
export function addNodeCommands(program: Command, bind: Bind): void {
  addNode(program, bind);
  program
    .command("migrate")
    .description("bring the schema of the database up to this program's")
    .option(
      "--grant-to <role>",
      "also let this role serve: it gets the rights that the service needs, and no more",
    )
    .option("--dry-run", "only say what would be done")
    .addHelpText(
      "after",
      `\nReads DATABASE_URL from the environment: a login that owns the schema, or may make it.\n${examples(
        "DATABASE_URL=postgresql://owner:secret@db.example:5432/license licensectl migrate --grant-to license_serving",
        "licensectl migrate --dry-run",
      )}`,
    )
    .action(bind(async () => (await import("./commands/migrate.ts")).migrate));
  program
    .command("doctor")
    .description("examine this node beside its server: settings, files, database, clock, ports, tokens")
    .option(...DEVELOPMENT)
    .addHelpText(
      "after",
      `${BY_SETTINGS}It changes nothing. It ends with exit code 1 if a check failed; warnings alone end with 0.\n${examples(
        "licensectl doctor",
        "licensectl doctor --development --data-dir data",
        "licensectl doctor --json | jq '.checks[] | select(.outcome != \"ok\")'",
      )}`,
    )
    .action(bind(async () => (await import("./commands/doctor.ts")).doctor));
}

function addNode(program: Command, bind: Bind): void {
  const node = program
    .command("node")
    .description("look at the nodes of the platform, and prepare a further one")
    .helpCommand(false)
    .addHelpText("after", examples("licensectl node list", ...JOIN_EXAMPLES));
  node
    .command("list")
    .description("list the nodes of the platform, as of the answering node's last heartbeat")
    .addHelpText("after", examples("licensectl node list", "licensectl node list --json"))
    .action(bind(async () => (await import("./commands/node-list.ts")).nodeList));
  node
    .command("join")
    .description(
      "before the first start of a further node: install its platform key, and see that it will start",
    )
    .option("--key <file>", "copy of platform-key.pem from another node; it goes into the data directory")
    .option(...DEVELOPMENT)
    .addHelpText(
      "after",
      `${BY_SETTINGS}It writes the data directory and the key, which it never replaces by another one.\n${examples(...JOIN_EXAMPLES)}`,
    )
    .action(bind(async () => (await import("./commands/node-join.ts")).nodeJoin));
}

const JOIN_EXAMPLES = [
  "scp -p node-1:/var/lib/license-service/platform-key.pem .",
  "licensectl node join --key platform-key.pem --data-dir /var/lib/license-service",
];
