import { AlertKind, PutOffReminderResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readEnum } from "../options.ts";
import { nameOf } from "../output/names.ts";
import { styled } from "../output/screen.ts";
import { formatWithDistance } from "../output/time.ts";

/** Kinds that can be put off; any other alert stands as long as its cause. */
const KINDS = {
  LICENSE_TO_EXPIRE: AlertKind.LICENSE_TO_EXPIRE,
  MODULE_TO_EXPIRE: AlertKind.MODULE_TO_EXPIRE,
  SERVICE_TO_EXPIRE: AlertKind.SERVICE_TO_EXPIRE,
};

/** `licensectl reminder put-off <kind> <subject>`: PutOffReminder (ZL-5). */
export async function reminderPutOff(
  context: CommandContext,
  _options: object,
  [kindText = "", subject = ""]: readonly string[],
): Promise<void> {
  const kind = readEnum("kind", kindText, KINDS);
  const answer = await withServer(context, (server) =>
    server.call((client) => client.putOffReminder, { kind, subject }),
  );
  if (context.isJson) return context.out.json(PutOffReminderResponse.toJSON(answer));
  const { reminder } = answer;
  if (reminder === undefined) return;
  const now = new Date();
  context.out
    .line`Put off ${styled("bold", nameOf(AlertKind, reminder.kind))} [${reminder.subject}] until ${formatWithDistance(reminder.putOffUntil, now)}.`;
  context.out.line`${reminder.message}`;
}
