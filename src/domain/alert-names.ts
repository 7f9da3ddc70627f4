import { DOMAIN_ALERT_KINDS, type DomainAlert, type DomainAlertKind } from "./alerts.ts";
import type { Profile } from "./profile.ts";
import { indexOf } from "./profile-index.ts";

/** Kind and subject: what tells one alert from another. */
export type AlertName = Pick<DomainAlert, "kind" | "subject">;

/**
 * Every alert that licenses, USB keys or usage of a product may ever raise, by kind and subject. Which keys there
 * will be is not known beforehand: their buffers share one name, with an empty subject.
 */
export function alertNames(profile: Profile): readonly AlertName[] {
  const bases = [...profile.bases.keys()];
  const ofKind = (kind: "module" | "service") =>
    [...profile.items.values()].filter((item) => item.kind === kind).map(({ name }) => name);
  const modules = ofKind("module");
  const services = [...bases, ...ofKind("service")];
  const locking = profile.locks ? [...bases, ...modules] : [];
  const keys = profile.usbKeys ? [""] : [];
  const subjects: Readonly<Record<DomainAlertKind, readonly string[]>> = {
    LOCKED: locking,
    LOCK_PENDING: locking,
    LICENSE_EXPIRED: bases,
    LICENSE_TO_EXPIRE: bases,
    INSUFFICIENT_QUOTA: indexOf(profile).meterKeys,
    MODULE_EXPIRED: modules,
    MODULE_TO_EXPIRE: modules,
    SERVICE_EXPIRED: services,
    SERVICE_TO_EXPIRE: services,
    USB_FAULT: keys,
    USB_MISSING: keys,
    USB_ABNORMAL: keys,
    USB_BUFFER_ENDING: keys,
  };
  return DOMAIN_ALERT_KINDS.flatMap((kind) => subjects[kind].map((subject) => ({ kind, subject })));
}

/** Whether an alert goes by a name of {@link alertNames}. */
export function isNamed(
  alert: { readonly kind: string; readonly subject: string },
  { kind, subject }: AlertName,
): boolean {
  return alert.kind === kind && (alert.subject === subject || kind === "USB_BUFFER_ENDING");
}
