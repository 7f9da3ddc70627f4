import { alertsAt, isReminder, type ReminderKind } from "../domain/alerts.ts";
import { PUT_OFF_MS } from "../domain/put-off.ts";
import { ServiceError } from "../errors.ts";
import { outsideText } from "../license-file/outside-text.ts";
import type { Alert } from "../snapshot/alert.ts";
import type { Written } from "../store/write.ts";
import { changeLicenses, type LicensingContext } from "./licensing-context.ts";

/** Names one reminder. */
export interface ReminderName {
  readonly kind: ReminderKind;
  /** As the alert names it. */
  readonly subject: string;
}

/**
 * Silences a reminder that stands, on every node, for a day from now (ZL-5); put off again while it is
 * silent, for a day from then.
 *
 * @returns the reminder, put off
 * @throws ServiceError REMINDER_NOT_STANDING, DATABASE_UNAVAILABLE
 */
export function putOffReminder(
  context: LicensingContext,
  { kind, subject }: ReminderName,
): Promise<Written<Alert>> {
  return changeLicenses(context, async ({ tx, state, at }) => {
    const reminder = alertsAt(state.profile, state, at)
      .filter(isReminder)
      .find((alert) => alert.kind === kind && alert.subject === subject);
    if (reminder === undefined) throw notStanding(kind, subject);
    await tx.putOffReminder({ kind, subject, putOffAt: at });
    return { ...reminder, putOffUntil: at + PUT_OFF_MS };
  });
}

function notStanding(kind: ReminderKind, subject: string): ServiceError {
  return new ServiceError(
    "REMINDER_NOT_STANDING",
    `There is no reminder ${kind} of ${outsideText(subject)} to put off: GetLicenseInfo lists those that stand.`,
  );
}
