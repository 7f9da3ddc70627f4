/** Installed licenses and platforms for tests of single rules, in days from one origin. */
import type { PlatformFacts, PlatformInput } from "../../src/domain/facts.ts";
import { DAY_MS, type InstalledLicense, type Instant, type Term } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { createLicense } from "./arbitrary-licenses.ts";
import { ORIGIN } from "./arbitrary-platforms.ts";

/** A license as a test writes it. */
export interface LicenseSketch {
  /** Its id, too. */
  readonly name: string;
  readonly item: string;
  readonly term: Term;
  readonly edition?: string;
  /** For an upgrade: the edition that it lifts. */
  readonly from?: string;
  /** Day of its start. Default: 0. */
  readonly start?: number;
  /** Day of its end. Default: none. */
  readonly end?: number;
  /** Day of its issue. Default: that of its start. */
  readonly issued?: number;
  /** Day on which the service in it ends. Default: there is none. */
  readonly service?: number;
  readonly quotas?: Readonly<Record<string, number>>;
}

/** The instant of a day. */
export function dayOf(day: number): Instant {
  return ORIGIN + day * DAY_MS;
}

/** The licenses of a test, uploaded one after another. */
export function installedFrom(profile: Profile, sketches: readonly LicenseSketch[]): InstalledLicense[] {
  return sketches.map((sketch, index) => {
    const { name, item, term, start = 0 } = sketch;
    return {
      ...createLicense(profile, index, dayOf(sketch.issued ?? start)),
      id: name,
      jti: name,
      item,
      term,
      edition: sketch.edition,
      fromEdition: sketch.from,
      startsAt: dayOf(start),
      endsAt: sketch.end === undefined ? undefined : dayOf(sketch.end),
      serviceEndsAt: sketch.service === undefined ? undefined : dayOf(sketch.service),
      quotas: quotasOf(sketch),
      uploadSequence: index + 1,
      uploadedAt: dayOf(0),
      uploadedByNodeId: "node",
    };
  });
}

/** A platform of a test; what is not given is not there. */
export function platformFrom(
  profile: Profile,
  sketches: readonly LicenseSketch[],
  usage: Readonly<Record<string, number>> = {},
  facts: Partial<PlatformFacts> = {},
): PlatformInput {
  return {
    licenses: installedFrom(profile, sketches),
    facts: { firstStartAt: undefined, productVersion: undefined, reacquiredAt: [], ...facts },
    usage: new Map(Object.entries(usage).map(([meter, amount]) => [meter, BigInt(amount)])),
  };
}

function quotasOf({ quotas = {} }: LicenseSketch): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(quotas).map(([unit, amount]) => [unit, BigInt(amount)]));
}
