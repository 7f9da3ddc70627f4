import { DAY_MS, type License } from "./license.ts";
import { editionTermOf, type Profile } from "./profile.ts";

/**
 * A license with what its profile adds to it: a trial that names no numbers has those of the profile
 * (LI-1). Every other license comes back as it is.
 */
export function completeLicense<L extends License>(profile: Profile, license: L): L {
  const trial = editionTermOf(profile, license)?.trial;
  if (trial === undefined) return license;
  return {
    ...license,
    endsAt: license.endsAt ?? license.startsAt + trial.days * DAY_MS,
    quotas: new Map([...trial.quotas, ...license.quotas]),
  };
}
