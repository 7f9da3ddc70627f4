import { DOMAIN_ALERT_KINDS, type DomainAlert, type DomainAlertKind } from "./alerts.ts";
import type { Profile } from "./profile.ts";
import { indexOf } from "./profile-index.ts";

/** Every alert that licenses or usage of a product may ever raise, by kind and subject. */
export function alertNames(profile: Profile): readonly Pick<DomainAlert, "kind" | "subject">[] {
  const bases = [...profile.bases.keys()];
  const ofKind = (kind: "module" | "service") =>
    [...profile.items.values()].filter((item) => item.kind === kind).map(({ name }) => name);
  const modules = ofKind("module");
  const services = [...bases, ...ofKind("service")];
  const locking = profile.locks ? [...bases, ...modules] : [];
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
    USB_FAULT: [],
    USB_MISSING: [],
    USB_ABNORMAL: [],
    USB_BUFFER_ENDING: [],
  };
  return DOMAIN_ALERT_KINDS.flatMap((kind) => subjects[kind].map((subject) => ({ kind, subject })));
}
