import { DAY_MS, type Instant, type License } from "../../../../src/domain/license.ts";
import { loadProfile } from "../../../../src/profiles/load-profile.ts";
import { thumbprintOfKey } from "../../../helpers/usb-world.ts";
import { makeLicense, ORIGIN } from "../_licenses.ts";

const PROFILE = loadProfile("zstack-cloud");

/** A base license for a key. */
export function keyLicense(keyId: string, endsAt?: Instant): License {
  return makeLicense(PROFILE, {
    item: "base",
    edition: "enterprise",
    term: "paid",
    quotas: { cpus: 64 },
    binding: { method: "usb-key", keyId, thumbprint: thumbprintOfKey(keyId) },
    startsAt: ORIGIN - 1000 * DAY_MS,
    endsAt,
  });
}
