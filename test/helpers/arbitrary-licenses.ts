/** Random licenses for property tests, out of what a profile sells: few lengths and amounts, so that windows meet and quotas are reached. */
import fc from "fast-check";
import { completeLicense } from "../../src/domain/complete.ts";
import { DAY_MS, type Instant, type License, type Term } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";

/** Something that a profile sells. */
export interface Kind {
  readonly item: string;
  readonly edition: string | undefined;
  readonly term: Term;
  /** Units that its licenses may name. */
  readonly units: readonly string[];
  /** Units of which its licenses name at least one; empty: none. */
  readonly requiredUnits: readonly string[];
  /** Amounts that it is sold in; empty: any. */
  readonly packSizes: readonly bigint[];
}

/** A license to come: relative to the instant of its upload. */
export interface Offer {
  readonly kind: Kind;
  /** Days from the upload to its start; below 0: it has started before. */
  readonly startsInDays: number;
  /** `undefined`: no end, where the term allows that. */
  readonly lastsDays: number | undefined;
  /** One for each unit of the kind. */
  readonly amounts: ReadonlyArray<{ readonly amount: bigint; readonly isNamed: boolean }>;
  /** Days from its start to the end of the service that it carries. */
  readonly serviceDays: number | undefined;
  /** USB key that it is for; `undefined`: none. */
  readonly keyId: string | undefined;
}

/** Keys that random licenses may be for; the thumbprint of each is its id. */
export const KEY_IDS = ["key-1", "key-2"] as const;

const AMOUNTS = [1n, 2n, 4n, 8n, 16n] as const;

/** Everything that a profile sells, but upgrades. */
export function kindsOf(profile: Profile): readonly Kind[] {
  const editions = [...profile.bases.values()].flatMap((base) =>
    [...base.editions.values()].flatMap(({ name, terms }) =>
      [...terms].map(([term, { requiredUnits }]) => ({
        item: base.item,
        edition: name,
        term,
        units: base.units,
        requiredUnits,
        packSizes: [],
      })),
    ),
  );
  const items = [...profile.items.values()].flatMap(({ name, terms, units, requiredUnits, packSizes }) =>
    terms.map((term) => ({ item: name, edition: undefined, term, units, requiredUnits, packSizes })),
  );
  return [...editions, ...items];
}

/** A random license of what the profile sells; editions come as often as modules. */
export function arbitraryOffer(profile: Profile): fc.Arbitrary<Offer> {
  const kinds = kindsOf(profile);
  const bases = kinds.filter(({ edition }) => edition !== undefined);
  const modules = kinds.filter(({ edition }) => edition === undefined);
  return fc.oneof(fc.constantFrom(...bases), fc.constantFrom(...modules)).chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      startsInDays: fc.constantFrom(0, 0, 0, -10, 5, 30),
      lastsDays: fc.constantFrom(undefined, undefined, 1, 10, 20, 30, 60, 365),
      amounts: fc.tuple(...kind.units.map(() => arbitraryAmount(kind))),
      serviceDays: fc.constantFrom(undefined, 10, 60),
      keyId: profile.usbKeys ? fc.constantFrom(undefined, undefined, ...KEY_IDS) : fc.constant(undefined),
    }),
  );
}

function arbitraryAmount({ packSizes }: Kind) {
  return fc.record({
    amount: packSizes.length > 0 ? fc.constantFrom(...packSizes) : fc.constantFrom(...AMOUNTS),
    isNamed: fc.boolean(),
  });
}

/** The license of an offer; numbers tell licenses apart. */
export function licenseOf(profile: Profile, offer: Offer, number: number, uploadedAt: Instant): License {
  const { kind, startsInDays, serviceDays, keyId } = offer;
  const { item, edition, term } = kind;
  const startsAt = uploadedAt + startsInDays * DAY_MS;
  return completeLicense(profile, {
    ...createLicense(profile, number, uploadedAt),
    item,
    edition,
    term,
    binding:
      keyId === undefined ? { method: "request-code" } : { method: "usb-key", keyId, thumbprint: keyId },
    startsAt,
    endsAt: endOf(profile, offer, startsAt),
    quotas: quotasOf(profile, offer),
    serviceEndsAt: serviceDays === undefined ? undefined : startsAt + serviceDays * DAY_MS,
  });
}

/** Temporary ones always end; a trial has the profile's length at the most, and that if it names none. */
function endOf(profile: Profile, { kind, lastsDays }: Offer, startsAt: Instant): Instant | undefined {
  const most = trialOf(profile, kind)?.days;
  const days = lastsDays ?? (kind.term === "temporary" || kind.term === "trial" ? (most ?? 40) : undefined);
  return days === undefined ? undefined : startsAt + Math.min(days, most ?? days) * DAY_MS;
}

/** At least one of the required units; none above a trial's numbers. */
function quotasOf(profile: Profile, { kind, amounts }: Offer): ReadonlyMap<string, bigint> {
  const { units, requiredUnits } = kind;
  const isRequiredNamed = requiredUnits.some((unit) => amounts[units.indexOf(unit)]?.isNamed);
  const quotas = new Map<string, bigint>();
  const most = trialOf(profile, kind)?.quotas;
  for (const [index, unit] of units.entries()) {
    const { amount = 1n, isNamed = false } = amounts[index] ?? {};
    const isNeeded = !isRequiredNamed && unit === requiredUnits[0];
    const limit = most?.get(unit);
    if (isNamed || isNeeded) quotas.set(unit, limit !== undefined && amount > limit ? limit : amount);
  }
  return quotas;
}

function trialOf(profile: Profile, { item, edition, term }: Kind) {
  return profile.bases
    .get(item)
    ?.editions.get(edition ?? "")
    ?.terms.get(term)?.trial;
}

/** A license that ends never and grants nothing yet: what others are made from. */
export function createLicense(profile: Profile, number: number, issuedAt: Instant): License {
  const name = `license-${String(number).padStart(3, "0")}`;
  return {
    id: name,
    issuer: "vendor",
    jti: name,
    profile: profile.name,
    item: "base",
    edition: undefined,
    term: "paid",
    fromEdition: undefined,
    binding: { method: "request-code" },
    issuedAt,
    startsAt: issuedAt,
    endsAt: undefined,
    quotas: new Map(),
    serviceEndsAt: undefined,
    customer: "Example",
    productName: profile.title.en,
    contractNumber: "",
    authorizationCode: "",
  };
}
