/** The commands that talk to a license service: options, help and examples. Their code loads when they run. */
import { type Command, Option } from "commander";
import type { Bind } from "./program.ts";

/** Adds the commands for operators, in the order in which help lists them. */
export function addServerCommands(program: Command, bind: Bind): void {
  addReads(program, bind);
  addHistory(program, bind);
  addWrites(program, bind);
  addRest(program, bind);
}

const AT_OPTION = [
  "--at <time>",
  'by the licenses of now, at another instant: "2026-12-31", "2026-12-31T08:00Z" or "+30d"',
] as const;

const OFFLINE_OPTION = [
  "--offline",
  "read the data directory of the server instead; neither server nor database is needed",
] as const;

const DEVELOPMENT_OPTION = [
  "--development",
  "with --offline: believe the test vendor of the data directory",
] as const;

function addReads(program: Command, bind: Bind): void {
  program
    .command("info")
    .description("show the platform, its base license, the modules beside it, and what to act on")
    .option(...AT_OPTION)
    .option(...OFFLINE_OPTION)
    .option(...DEVELOPMENT_OPTION)
    .addHelpText(
      "after",
      examples(
        "licensectl info",
        "licensectl info --at +30d",
        "licensectl info --json",
        "licensectl info --offline --data-dir /var/lib/license-service",
      ),
    )
    .action(bind(async () => (await import("./commands/info.ts")).info));
  program
    .command("capabilities")
    .description("list what the platform may do, why, and until when")
    .option(...AT_OPTION)
    .option(...OFFLINE_OPTION)
    .option(...DEVELOPMENT_OPTION)
    .option("--domain <name...>", "only these domains: compute, storage, network, platform")
    .option("--state <name...>", "only these states: enabled, restricted, view_only, disabled")
    .addHelpText(
      "after",
      examples(
        "licensectl capabilities",
        "licensectl capabilities --domain compute storage --state enabled",
        "licensectl capabilities --at 2027-01-01 --json",
      ),
    )
    .action(bind(async () => (await import("./commands/capabilities.ts")).capabilities));
  program
    .command("explain")
    .argument("<key>", "capability, for example gpu")
    .description("say why a capability is as it is, which licenses decide, and what would change it")
    .option(...AT_OPTION)
    .option(...OFFLINE_OPTION)
    .option(...DEVELOPMENT_OPTION)
    .option("--operation <name>", "also say whether this is allowed: view, start, create, ...")
    .addHelpText(
      "after",
      examples("licensectl explain gpu", "licensectl explain gpu --operation create --at +30d"),
    )
    .action(bind(async () => (await import("./commands/explain.ts")).explain));
  program
    .command("timeline")
    .description(
      "show what is to come by the licenses of now: what starts and ends when, as a table and as bars",
    )
    .option("--until <time>", 'how far to look: "2027-12-31" or "+90d" (default: a year)')
    .option("--days <number>", "how far to look, in days, 1 to 36500")
    .option(...OFFLINE_OPTION)
    .option(...DEVELOPMENT_OPTION)
    .addHelpText(
      "after",
      examples(
        "licensectl timeline",
        "licensectl timeline --days 90",
        "licensectl timeline --until 2027-12-31 --json",
      ),
    )
    .action(bind(async () => (await import("./commands/timeline.ts")).timeline));
}

function addHistory(program: Command, bind: Bind): void {
  program
    .command("records")
    .description("list the authorization history, the latest upload first")
    .option("--limit <number>", "most records to list, 1 to 1000 (default 20)")
    .option("--start <number>", "records to pass over")
    .addOption(new Option("--sort-by <date>", "order").choices(["issued", "expired", "uploaded"]))
    .addOption(new Option("--direction <way>", "needed with --sort-by").choices(["ascending", "descending"]))
    .option("--count", "only how many there are")
    .option("--page-token <token>", "read on where a list ended")
    .option("--all", "every record, page by page")
    .addHelpText(
      "after",
      examples(
        "licensectl records",
        "licensectl records --sort-by expired --direction ascending --limit 5",
        "licensectl records --all --json",
      ),
    )
    .action(bind(async () => (await import("./commands/records.ts")).records));
  program
    .command("history")
    .description("list what became effective and why: every change of a capability, the latest first")
    .option("--capability <key>", "only this capability, for example gpu")
    .option("--since <time>", 'only what became effective from then on: "2026-12-31T03:00Z" or "-2d"')
    .option("--until <time>", "only what became effective before")
    .option("--limit <number>", "most changes to list, 1 to 1000 (default 100)")
    .option("--page-token <token>", "read on where a list ended, under the same filter")
    .addHelpText(
      "after",
      examples(
        "licensectl history",
        "licensectl history --capability gpu --since -7d",
        "licensectl history --since 2026-12-31T03:00Z --until 2026-12-31T04:00Z --json",
      ),
    )
    .action(bind(async () => (await import("./commands/history.ts")).history));
}

function addWrites(program: Command, bind: Bind): void {
  program
    .command("upload")
    .argument("<file>", 'a license, or a tar or tar.gz of licenses; "-" reads standard input')
    .description("install licenses, all or nothing, and say what that changed")
    .option("--dry-run", "only say what would change")
    .addHelpText(
      "after",
      examples(
        "licensectl upload license.tar.gz --dry-run",
        "licensectl upload license.tar.gz",
        "ssh vendor cat license.jwt | licensectl upload -",
      ),
    )
    .action(bind(async () => (await import("./commands/upload.ts")).upload));
  program
    .command("delete")
    .argument("[license-id]", 'id of a license, as "licensectl info" shows it')
    .description("delete a license, or all request-code licenses of an item; asks before it does")
    .option("--item <item>", 'delete the request-code licenses of this item, for example "base" or "gpu"')
    .option("--dry-run", "only say what would change")
    .option("--yes", "do not ask; needed where there is no terminal, and with --json")
    .addHelpText(
      "after",
      examples(
        "licensectl delete --item gpu --dry-run",
        "licensectl delete 6f1c0a52-8a7d-5c44-9d0e-2b7c4f1f8f10 --yes",
      ),
    )
    .action(bind(async () => (await import("./commands/delete.ts")).deleteLicenses));
  program
    .command("drop")
    .argument("<file>", 'a license, or a tar or tar.gz of licenses; "-" reads standard input')
    .description("put licenses into the drop folder of a server on this machine, for its next reload")
    .addHelpText(
      "after",
      examples("licensectl drop license.tar.gz --data-dir /var/lib/license-service", "licensectl reload"),
    )
    .action(bind(async () => (await import("./commands/drop.ts")).drop));
  program
    .command("reload")
    .description(
      "have the server install what lies in its drop folder, read its store again, evaluate anew and lift a lock",
    )
    .addHelpText("after", examples("licensectl drop license.tar.gz", "licensectl reload"))
    .action(bind(async () => (await import("./commands/reload.ts")).reload));
}

function addRest(program: Command, bind: Bind): void {
  program
    .command("request-code")
    .description("print the request code, by which the vendor issues licenses for this platform")
    .option(...OFFLINE_OPTION)
    .addHelpText(
      "after",
      examples(
        "licensectl request-code > request-code.txt",
        "licensectl request-code --offline --data-dir /var/lib/license-service",
        "licensectl request-code --json",
      ),
    )
    .action(bind(async () => (await import("./commands/request-code.ts")).requestCode));
  program
    .command("plan")
    .argument("[solution]", "what the product is to be used for; without it, those that there are are listed")
    .description("say which licenses a use of the product needs, edition by edition")
    .option(
      "--product-version <version>",
      'version to plan for, for example E0760; "" for one that is not known',
    )
    .option("--arch <name>", "processor architecture: x86 (default) or arm")
    .addHelpText(
      "after",
      examples(
        "licensectl plan",
        "licensectl plan migration --product-version E0760",
        "licensectl plan vms --arch arm",
      ),
    )
    .action(bind(async () => (await import("./commands/plan.ts")).plan));
  program
    .command("watch")
    .description("print a line for every change of what the platform may do, until Ctrl-C")
    .addHelpText("after", examples("licensectl watch", "licensectl watch --json | jq -c .snapshot.revision"))
    .action(bind(async () => (await import("./commands/watch.ts")).watch));
}

/** The part of a help text that shows how a command is typed. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
