/** The commands for usage and quotas: options, help and examples. Their code loads when they run. */
import type { Command } from "commander";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

const AMOUNTS = "meter and amount, for example base/cpus=16; several are all or nothing";

/** Adds `usage` and what is below it. */
export function addUsageCommands(program: Command, bind: Bind): void {
  const usage = program
    .command("usage")
    .description("look at what is in use, report it, and reserve what is left")
    .helpCommand(false)
    .addHelpText("after", examples("licensectl usage list", "licensectl usage reserve base/cpus=2"));
  usage
    .command("list")
    .description("list the meters, who reported what, and the reservations whose lease runs")
    .option("--meter <meter>", "only this meter, for example base/cpus")
    .option("--limit <number>", "most reservations to list, 1 to 1000 (default 100)")
    .option("--page-token <token>", "read on where a list ended")
    .addHelpText("after", examples("licensectl usage list", "licensectl usage list --meter base/cpus --json"))
    .action(bind(async () => (await import("./commands/usage-list.ts")).usageList));
  usage
    .command("report")
    .argument("<meter=amount...>", "what the caller uses, 0 or more; it replaces what the caller said before")
    .description("report what the caller uses, in the name of its token")
    .option("--as-of <revision>", "usage revision that it was counted at (default: now)")
    .addHelpText("after", examples("licensectl usage report base/cpus=48 base/hosts=6"))
    .action(bind(async () => (await import("./commands/usage-report.ts")).usageReport));
  usage
    .command("reserve")
    .argument("<meter=amount...>", AMOUNTS)
    .description("reserve what is left for the time of a lease; commit makes it last")
    .option("--lease <time>", 'how long it lasts without a commit, "1s" to "1h" (default 60s)')
    .option("--idempotency-key <text>", "the same key answers as the first time (default: a new one)")
    .option("--resource <text>", "what it is for; it shows in the list")
    .addHelpText(
      "after",
      examples(
        "licensectl usage reserve base/cpus=2 --resource host-17",
        "licensectl usage reserve vmware/cpus=8 --lease 10m --idempotency-key ticket-4711 --json",
      ),
    )
    .action(bind(async () => (await import("./commands/usage-reserve.ts")).usageReserve));
  for (const { name, description } of [
    { name: "commit", description: "make a reservation of the caller last beyond its lease" },
    { name: "release", description: "give back what the caller reserved or committed" },
  ] as const) {
    usage
      .command(name)
      .argument("<reservation-id>", 'id, as "licensectl usage reserve" and "usage list" show it')
      .description(description)
      .addHelpText("after", examples(`licensectl usage ${name} 6f1c0a52-8a7d-8c44-9d0e-2b7c4f1f8f10`))
      .action(
        bind(async () => {
          const { usageCommit, usageRelease } = await import("./commands/usage-settle.ts");
          return name === "commit" ? usageCommit : usageRelease;
        }),
      );
  }
}
