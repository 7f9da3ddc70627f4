/** Random platforms for property tests: few items and instants, so that windows meet and overlap. */
import fc from "fast-check";
import type { InstalledLicense, Instant } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { type LicenseText, toInstalled, toInstant } from "./conformance.ts";

const ORIGIN = "2026-01-01T00:00:00Z";

const DAYS = [-30, 0, 1, 10, 20, 30, 60, 365];

const KINDS: ReadonlyArray<Pick<LicenseText, "item" | "edition" | "term" | "quotas">> = [
  { item: "base", edition: "standard", term: "paid", quotas: { cpus: 8 } },
  { item: "base", edition: "enterprise", term: "paid", quotas: { cpus: 16 } },
  { item: "base", edition: "enterprise", term: "trial" },
  { item: "gpu", term: "paid" },
  { item: "cdp", term: "paid" },
  { item: "vmware", term: "paid", quotas: { cpus: 4 } },
  { item: "container-cpu", term: "paid", quotas: { cpus: 4 } },
  { item: "container-vcpu", term: "paid", quotas: { vcpus: 64 } },
  { item: "service-7x24", term: "paid" },
];

/** A random set of installed licenses, ascending by upload sequence. */
export function arbitraryInstalled(profile: Profile): fc.Arbitrary<readonly InstalledLicense[]> {
  const text = fc
    .record({
      kind: fc.constantFrom(...KINDS),
      start: fc.constantFrom(...DAYS),
      length: fc.constantFrom(1, 10, 20, 30, 60, 365, undefined),
    })
    .map(({ kind, start, length }) => ({
      ...kind,
      start,
      ...(length === undefined ? {} : { end: start + length }),
    }));
  return fc.array(text, { maxLength: 9 }).map((texts) =>
    toInstalled(
      profile,
      ORIGIN,
      texts.map((entry, index) => ({ ...entry, name: `license-${index}` })),
    ),
  );
}

/** A random instant: on, just before, just after or between the edges of the licenses. */
export function arbitraryInstant(): fc.Arbitrary<Instant> {
  return fc
    .tuple(fc.constantFrom(-31, -29, 0, 1, 5, 10, 20, 30, 31, 60, 90, 365, 400), fc.constantFrom(-1, 0, 1))
    .map(([day, offsetMs]) => toInstant(ORIGIN, day) + offsetMs);
}
