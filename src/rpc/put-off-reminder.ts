import {
  AlertKind,
  type PutOffReminderRequest,
  type PutOffReminderResponse,
} from "@license-service/contract";
import { REMINDER_KINDS } from "../domain/alerts.ts";
import type { LicensingContext } from "../licensing/licensing-context.ts";
import { putOffReminder, type ReminderName } from "../licensing/put-off-reminder.ts";
import type { UnaryHandler } from "./handler.ts";
import { toAlert } from "./messages/alert.ts";
import { invalidRequest, toOptionalDate } from "./messages/instants.ts";

/** Silences one reminder for a day (ZL-5). Any other alert stands as long as its cause. */
export function createPutOffReminder(
  licensing: LicensingContext,
): UnaryHandler<PutOffReminderRequest, PutOffReminderResponse> {
  return async (request, { log, identity }) => {
    const { result: reminder, revision } = await putOffReminder(licensing, nameOf(request));
    const { kind, subject, putOffUntil } = reminder;
    log.info(
      { identityId: identity.id, kind, subject, putOffUntil: toOptionalDate(putOffUntil) },
      "reminder put off",
    );
    return { revision: { ...revision }, reminder: toAlert(reminder) };
  };
}

function nameOf({ kind, subject }: PutOffReminderRequest): ReminderName {
  const name = REMINDER_KINDS.find((reminder) => AlertKind[reminder] === kind);
  if (name === undefined) throw invalidRequest("kind", `is not one of ${REMINDER_KINDS.join(", ")}`);
  if (subject === "") throw invalidRequest("subject", "is empty; name it as the alert does");
  return { kind: name, subject };
}
