/**
 * What the end of a USB key's buffer takes away. It has an alert of its own, so that the reminders of licenses
 * leave it out and one cause makes one alert (EV-10).
 */
import { decide } from "./decision.ts";
import type { PlatformInput } from "./facts.ts";
import { givenAt, givesMore } from "./gives-beside-bases.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import type { Outlook } from "./rights-end.ts";
import { Scope } from "./scope.ts";
import { runningServiceAt } from "./service.ts";
import { isSameKey, type UsbBuffer } from "./usb/usb-facts.ts";

/** Whether rights that end at an instant end with a buffer alone: with its key in its place they would go on. */
export interface BufferEnds {
  readonly takeCapability: (key: string, at: Instant) => boolean;
  readonly takeService: (at: Instant) => boolean;
}

/** Looks at a platform for what the ends of its buffers take. */
export function bufferEndsOf({ profile, platform }: Pick<Outlook, "profile" | "platform">): BufferEnds {
  const scopes = new Map<Instant, Scope | undefined>();
  const scopeAt = (at: Instant) => {
    if (!scopes.has(at)) {
      const onward = carriedBeyond(platform, (license) => isCarriedUntil(license, at));
      scopes.set(at, onward === undefined ? undefined : new Scope(profile, onward));
    }
    return scopes.get(at);
  };
  return {
    takeCapability(key, at) {
      const scope = scopeAt(at);
      const definition = profile.capabilities.get(key);
      if (scope === undefined || definition === undefined) return false;
      return decide(scope.scene, definition, scope.standingsAt(at)).reason === "GRANTED";
    },
    takeService(at) {
      const scope = scopeAt(at);
      return scope !== undefined && runningServiceAt(scope, at) !== undefined;
    },
  };
}

/** Whether the end of a buffer takes anything away: operations, quotas or service. */
export function losesAtEnd({ profile, platform }: Outlook, buffer: UsbBuffer): boolean {
  const { endsAt } = buffer;
  const onward = carriedBeyond(
    platform,
    (license) =>
      license.binding.method === "usb-key" &&
      isSameKey(license.binding, buffer) &&
      isCarriedUntil(license, endsAt),
  );
  if (onward === undefined) return false;
  const definitions = [...profile.capabilities.values()];
  const without = givenAt(profile, platform, endsAt, definitions);
  const beside = givenAt(profile, onward, endsAt, definitions);
  if (beside.some((given, i) => givesMore(without[i], given))) return true;
  const hasService = (input: PlatformInput) =>
    runningServiceAt(new Scope(profile, input), endsAt) !== undefined;
  return hasService(onward) && !hasService(platform);
}

/** Whether a buffer carries a license until an instant. */
export function isCarriedUntil({ carried }: InstalledLicense, at: Instant): boolean {
  return carried?.by === "BUFFER" && carried.until === at && carried.from < at;
}

/** The platform as if the keys of these licenses were there; `undefined`: there are no such licenses. */
function carriedBeyond(
  platform: PlatformInput,
  isMeant: (license: InstalledLicense) => boolean,
): PlatformInput | undefined {
  if (!platform.licenses.some(isMeant)) return undefined;
  const licenses = platform.licenses.map((license) =>
    isMeant(license) ? { ...license, carried: undefined } : license,
  );
  return { ...platform, licenses };
}
