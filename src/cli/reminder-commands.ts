/** The commands for reminders: options, help and examples. Their code loads when they run. */
import type { Command } from "commander";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

const EXAMPLES = [
  "licensectl reminder put-off MODULE_TO_EXPIRE gpu",
  "licensectl reminder put-off license_to_expire base",
];

/** Adds `reminder` and what is below it. */
export function addReminderCommands(program: Command, bind: Bind): void {
  const reminder = program
    .command("reminder")
    .description("silence reminders of what ends soon")
    .helpCommand(false)
    .addHelpText("after", examples(...EXAMPLES));
  reminder
    .command("put-off")
    .argument("<kind>", "kind of the reminder: license_to_expire, module_to_expire or service_to_expire")
    .argument("<subject>", 'its subject, as "licensectl info" shows it in brackets, for example gpu')
    .description("silence one reminder for 24 hours, on every node; then it comes back")
    .addHelpText("after", examples(...EXAMPLES))
    .action(bind(async () => (await import("./commands/reminder-put-off.ts")).reminderPutOff));
}
