/** Alerts about USB keys: how the platform stands with them (UK-ST-1 to UK-ST-4), and buffers that end (UK-BU-6). */
import type { DomainAlert } from "./alerts.ts";
import { instantText } from "./alerts-text.ts";
import { losesAtEnd } from "./buffer-end.ts";
import type { Evaluation } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import { DAY_MS, hasEndedAt, keyIdOf } from "./license.ts";
import type { Outlook } from "./rights-end.ts";
import type { UsbBuffer, UsbFacts } from "./usb/usb-facts.ts";

/** What does not differ among alerts about the keys as a whole. */
const OF_ALL_KEYS = { subject: "", since: undefined, dueAt: undefined } as const;

/** USB_FAULT: several keys beside each other, none alone on another node (UK-ST-4). */
export function usbFault({ facts }: PlatformInput): readonly DomainAlert[] {
  if (facts.usb?.status !== "FAULT") return [];
  const message =
    "Several USB keys count on one node, and none alone on another (UK-ST-4): no key gives its rights, which come from running buffers only.";
  const remedy = "Pull all keys but one; `licensectl usb list` tells where they are.";
  return [{ kind: "USB_FAULT", severity: "CRITICAL", message, remedy, ...OF_ALL_KEYS }];
}

/** USB_MISSING: no key, while a license that has not ended is bound to one (UK-ST-1). Critical once one of them is lost. */
export function usbMissing(
  { licenses, facts }: PlatformInput,
  evaluation: Evaluation,
): readonly DomainAlert[] {
  if (facts.usb?.status !== "MISSING") return [];
  const standing = licenses.filter((license) => !hasEndedAt(license, evaluation.at));
  const bound = standing.flatMap((license) => keyIdOf(license) ?? []);
  if (bound.length === 0) return [];
  const isAnyLost = evaluation.licenses.some(({ status }) => status === "USB_KEY_LOST");
  const keyIds = [...new Set(bound)].sort();
  return [
    {
      kind: "USB_MISSING",
      severity: isAnyLost ? "CRITICAL" : "WARNING",
      message: `No USB key counts on any node (UK-ST-1), and licenses are bound to ${listOf(keyIds)}${isAnyLost ? "; they give nothing, but for those that a buffer carries" : ""}.`,
      remedy: `Insert ${keyIds.length === 1 ? listOf(keyIds) : `one of ${listOf(keyIds)}`} into a management node; if it is inserted, \`licensectl usb list\` tells why it does not count.`,
      ...OF_ALL_KEYS,
    },
  ];
}

/** USB_ABNORMAL: more keys than one, of which at least one is alone on its node (UK-ST-3). */
export function usbAbnormal({ facts }: PlatformInput): readonly DomainAlert[] {
  if (facts.usb?.status !== "ABNORMAL") return [];
  const message = "More USB keys count than one (UK-ST-3); rights are not affected.";
  const remedy = "Pull all keys but one; `licensectl usb list` tells where they are.";
  return [{ kind: "USB_ABNORMAL", severity: "WARNING", message, remedy, ...OF_ALL_KEYS }];
}

/** USB_BUFFER_ENDING, by key id: a buffer runs, and its end takes something away (UK-BU-2, UK-BU-6). */
export function endingBuffers(outlook: Outlook): readonly DomainAlert[] {
  const { at } = outlook.evaluation;
  const running = runningBuffers(outlook.platform.facts.usb, at).filter((buffer) =>
    losesAtEnd(outlook, buffer),
  );
  return running
    .filter(({ keyId }, index) => running.findIndex((other) => other.keyId === keyId) === index)
    .map((buffer) => bufferEnding(outlook, buffer));
}

/** Buffers that run at an instant, by key id; of one id that which ends first. */
function runningBuffers(usb: UsbFacts | undefined, at: number): readonly UsbBuffer[] {
  const running = usb?.buffers.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt) ?? [];
  return running.toSorted((a, b) => compareText(a.keyId, b.keyId) || a.endsAt - b.endsAt);
}

function bufferEnding({ profile, evaluation }: Outlook, { keyId, startsAt, endsAt }: UsbBuffer): DomainAlert {
  const isSoon = endsAt - evaluation.at < profile.reminders.licenseDays * DAY_MS;
  return {
    kind: "USB_BUFFER_ENDING",
    severity: isSoon ? "CRITICAL" : "WARNING",
    message: `The USB key ${keyId} is away since ${instantText(startsAt)}: its rights run on a buffer until ${instantText(endsAt)} and end then.`,
    remedy: `Insert the USB key ${keyId} into a management node before that, or upload licenses for the request code.`,
    subject: keyId,
    since: startsAt,
    dueAt: endsAt,
  };
}

/** "the USB key KEY-1", "the USB keys KEY-1, KEY-2". */
function listOf(keyIds: readonly string[]): string {
  return `the USB ${keyIds.length === 1 ? "key" : "keys"} ${keyIds.join(", ")}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
