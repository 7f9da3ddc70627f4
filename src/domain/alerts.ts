/**
 * What somebody should act on, as far as licenses, USB keys and usage tell it (EV-10): pure, so that a dry run can
 * say which alerts would begin and which would stand no longer.
 */
import {
  expiredBases,
  expiredModules,
  expiredService,
  insufficientQuotas,
  locked,
  lockPending,
} from "./alerts-standing.ts";
import { endingBases, endingModules, endingService } from "./alerts-to-come.ts";
import { endingBuffers, usbAbnormal, usbFault, usbMissing } from "./alerts-usb.ts";
import { evaluate } from "./evaluate.ts";
import type { Evaluation } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import type { Instant } from "./license.ts";
import type { Profile } from "./profile.ts";
import { outlookAt } from "./rights-end.ts";

/** Kinds of the reminders: each can be put off for a day (ZL-5). */
export const REMINDER_KINDS = ["LICENSE_TO_EXPIRE", "MODULE_TO_EXPIRE", "SERVICE_TO_EXPIRE"] as const;
export type ReminderKind = (typeof REMINDER_KINDS)[number];

/** Kinds of alerts that follow from licenses, USB keys, usage and instant. */
export const DOMAIN_ALERT_KINDS = [
  "LOCKED",
  "LOCK_PENDING",
  "LICENSE_EXPIRED",
  "LICENSE_TO_EXPIRE",
  "INSUFFICIENT_QUOTA",
  "MODULE_EXPIRED",
  "MODULE_TO_EXPIRE",
  "SERVICE_EXPIRED",
  "SERVICE_TO_EXPIRE",
  "USB_FAULT",
  "USB_MISSING",
  "USB_ABNORMAL",
  "USB_BUFFER_ENDING",
] as const;
export type DomainAlertKind = (typeof DOMAIN_ALERT_KINDS)[number];

/** A standing cause for somebody to act. Kind and subject tell one from another. */
export interface DomainAlert {
  readonly kind: DomainAlertKind;
  readonly severity: "INFO" | "WARNING" | "CRITICAL";
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly remedy: string;
  /** Item, meter or USB key that it is about; empty: the USB keys as a whole. */
  readonly subject: string;
  /** Since when it stands, by the licenses of now (EV-2), or since when that is over which has expired; `undefined`: not known. */
  readonly since: Instant | undefined;
  /** When what it warns of happens; `undefined`: it has happened, or has no date. */
  readonly dueAt: Instant | undefined;
}

/**
 * Every alert that stands at an instant, by the licenses of now, in the order of
 * {@link DOMAIN_ALERT_KINDS}, then by subject.
 *
 * @param evaluation of the platform at the instant, where it is known already. Default: it is worked out.
 */
export function alertsAt(
  profile: Profile,
  platform: PlatformInput,
  at: Instant,
  evaluation: Evaluation = evaluate(profile, platform, at),
): readonly DomainAlert[] {
  const outlook = outlookAt(profile, platform, at);
  return [
    ...locked(evaluation),
    ...lockPending(profile, evaluation),
    ...expiredBases(profile, platform, evaluation),
    ...endingBases(outlook),
    ...insufficientQuotas(evaluation),
    ...expiredModules(outlook),
    ...endingModules(outlook),
    ...expiredService(evaluation),
    ...endingService(outlook),
    ...usbFault(platform),
    ...usbMissing(platform, evaluation),
    ...usbAbnormal(platform),
    ...endingBuffers(outlook),
  ];
}

/** Whether an alert is a reminder. */
export function isReminder<A extends { readonly kind: string }>(
  alert: A,
): alert is A & { readonly kind: ReminderKind } {
  return REMINDER_KINDS.some((kind) => kind === alert.kind);
}
