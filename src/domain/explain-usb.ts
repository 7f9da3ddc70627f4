/** Says in words what a USB key that is away does to a capability (EV-5, UK-BU-2, UK-BU-6). */
import { APPLY, atInstant, naming } from "./explain-text.ts";
import { bufferEndAt, type InstalledLicense, type Instant, keyIdOf, phaseAt } from "./license.ts";

/** Whether a license would run if its USB key were there. */
export function isKeyLost(license: InstalledLicense | undefined, at: Instant): boolean {
  return license !== undefined && phaseAt(license, at) === "USB_KEY_LOST";
}

/** Why a license of a USB key gives nothing, in one sentence. */
export function keyLost(license: InstalledLicense | undefined): string {
  return `${naming(license)} gives nothing: it is bound to ${awayText(license)}.`;
}

/** "the USB key KEY-1, which is away, and whose buffer is over since ...". */
export function awayText(license: InstalledLicense | undefined): string {
  const key = `the USB key ${keyText(license)}`;
  const { by = "NONE", from = 0, until = 0 } = license?.carried ?? {};
  if (by === "UNWATCHED")
    return `${key}, and no node has looked for it in time: its rights ended${atInstant(until)}`;
  if (by === "NONE" || until <= from) return `${key}, which gives no rights now and has no buffer`;
  return `${key}, which is away since ${new Date(from).toISOString()} and whose buffer ended${atInstant(until)}`;
}

/** What to do about a key that is lost. */
export function insertAdvice(license: InstalledLicense | undefined): string {
  const lost = keyText(license);
  return `Insert the USB key ${lost} into a management node, alone, or get a license that is bound to no key: ${APPLY}.`;
}

/** That buffers carry licenses, and until when; empty: none does. */
export function onBuffers(licenses: readonly InstalledLicense[], at: Instant): string {
  return carriedByBuffers(licenses, at)
    .map(({ keyId, endsAt }) => ` The USB key ${keyId} is away: its buffer ends${atInstant(endsAt)}.`)
    .join("");
}

/** What to do before buffers end; empty: none carries a license. */
export function beforeBuffersEnd(licenses: readonly InstalledLicense[], at: Instant): string {
  return carriedByBuffers(licenses, at)
    .map(
      ({ keyId, endsAt }) =>
        `Insert the USB key ${keyId} into a management node before ${new Date(endsAt).toISOString()}.`,
    )
    .join(" ");
}

/** Each key once, by key id. */
function carriedByBuffers(licenses: readonly InstalledLicense[], at: Instant) {
  const buffers = new Map<string, Instant>();
  for (const license of licenses) {
    const keyId = keyIdOf(license);
    const endsAt = bufferEndAt(license, at);
    if (keyId !== undefined && endsAt !== undefined) buffers.set(keyId, endsAt);
  }
  const sorted = [...buffers].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([keyId, endsAt]) => ({ keyId, endsAt }));
}

function keyText(license: InstalledLicense | undefined): string {
  return (license && keyIdOf(license)) ?? "of the license";
}
