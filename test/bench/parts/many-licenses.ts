/** Platforms with hundreds of licenses, for the bench of the evaluation. */
import type { PlatformInput } from "../../../src/domain/facts.ts";
import {
  DAY_MS,
  type InstalledLicense,
  type Instant,
  type License,
  type Term,
} from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";

/** The instant to evaluate. */
export const AT: Instant = Date.parse("2026-06-01T00:00:00Z");

/** One license to make. */
interface Wanted {
  readonly item: string;
  readonly term: Term;
  readonly startsAt: Instant;
  readonly endsAt: Instant | undefined;
}

/**
 * Renewals, one after another with an overlap of a month: some have ended, one or two run, a fifth is still to
 * come. Items do not begin on one day.
 */
export function renewalsOfManyItems(profile: Profile, items: number, each: number): PlatformInput {
  const names = [...profile.bases.keys(), ...profile.items.keys()].slice(0, items);
  return platformOf(
    profile,
    names.flatMap((item, index) => renewals(item, each, index)),
  );
}

/** All of one item: renewals, or where licenses add up some that last and some that are temporary. */
export function manyInOneItem(profile: Profile, licenses: number): PlatformInput {
  const [item = "base"] = profile.bases.keys();
  return platformOf(profile, profile.merge === "sum" ? sums(item, licenses, 0) : renewals(item, licenses, 0));
}

/** Licenses that add up, over all items. */
export function sumsOfManyItems(profile: Profile, licenses: number): PlatformInput {
  const names = [...profile.bases.keys(), ...profile.items.keys()];
  const all = names.flatMap((item, index) => sums(item, Math.ceil(licenses / names.length), index));
  return platformOf(profile, all.slice(0, licenses));
}

function renewals(item: string, count: number, index: number): readonly Wanted[] {
  return Array.from({ length: count }, (_, n) => {
    const startsAt = AT + (n - Math.floor(count * 0.8)) * 335 * DAY_MS - index * 5 * DAY_MS;
    return { item, term: "paid", startsAt, endsAt: startsAt + 365 * DAY_MS };
  });
}

/** Nine in ten last; a tenth of those that last and half of the temporary ones are still to come. */
function sums(item: string, count: number, index: number): readonly Wanted[] {
  return Array.from({ length: count }, (_, n) => {
    const isTemporary = n % 10 === 9 && item !== "migration";
    const startsAt = AT + (n % 10 === 8 || n % 20 === 19 ? 1 : -1) * (n + 1) * DAY_MS - index * 3_600_000;
    const endsAt = isTemporary ? startsAt + 800 * DAY_MS : undefined;
    return { item, term: isTemporary ? "temporary" : "formal", startsAt, endsAt };
  });
}

/** Every meter is in use, below its limit. */
function platformOf(profile: Profile, wanted: readonly Wanted[]): PlatformInput {
  const licenses = wanted.map((one, index) => installed(profile, one, index + 1));
  const meters = [...new Set(licenses.map(({ item }) => item))].flatMap((item) =>
    unitsOf(profile, item).map((unit) => `${item}/${unit}`),
  );
  return {
    licenses,
    facts: { firstStartAt: AT - 1_000 * DAY_MS, productVersion: undefined, reacquiredAt: [] },
    usage: new Map(meters.map((meter) => [meter, 6n])),
  };
}

function installed(profile: Profile, { item, ...wanted }: Wanted, sequence: number): InstalledLicense {
  const base = profile.bases.get(item);
  const edition = base && [...base.editions.keys()].at(-1);
  const license: License = {
    id: `00000000-0000-4000-8000-${String(sequence).padStart(12, "0")}`,
    issuer: "https://vendor.example",
    jti: `2026-${sequence}`,
    profile: profile.name,
    item,
    edition,
    fromEdition: undefined,
    binding: { method: "request-code" },
    issuedAt: wanted.startsAt,
    ...wanted,
    quotas: new Map(unitsOf(profile, item).map((unit) => [unit, 10n])),
    serviceEndsAt: undefined,
    customer: "Example Cloud Limited",
    productName: profile.title.en,
    contractNumber: "C-2026-0001",
    authorizationCode: "",
  };
  const uploadedAt = Math.min(AT, wanted.startsAt);
  return { ...license, uploadSequence: sequence, uploadedAt, uploadedByNodeId: "node" };
}

/** The units that its licenses must name; of a base without any such, none. */
function unitsOf({ bases, items }: Profile, item: string): readonly string[] {
  const lasting = [...(bases.get(item)?.editions.values() ?? [])].at(-1)?.terms;
  const required = lasting?.get("paid") ?? lasting?.get("formal");
  return required?.requiredUnits ?? items.get(item)?.requiredUnits ?? [];
}
