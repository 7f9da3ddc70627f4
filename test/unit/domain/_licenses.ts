/** Licenses for tests of the rules: what a test does not name has a plain value. */
import { completeLicense } from "../../../src/domain/complete.ts";
import { DAY_MS, type InstalledLicense, type License } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";

/** The day on which licenses are issued and start, unless a test says otherwise. */
export const ORIGIN = Date.UTC(2026, 0, 1);

/** An instant, in days from {@link ORIGIN}. */
export function day(count: number): number {
  return ORIGIN + count * DAY_MS;
}

/** What a test says of a license; amounts are numbers. */
export type LicenseText = Partial<Omit<License, "quotas">> & {
  readonly item: string;
  readonly term: License["term"];
  readonly quotas?: Readonly<Record<string, number>>;
};

let count = 0;

/** A license of a product, with a number of its own. */
export function makeLicense(profile: Profile, { quotas = {}, ...text }: LicenseText): License {
  count += 1;
  return completeLicense(profile, {
    id: `license-${count}`,
    issuer: "vendor",
    jti: `number-${count}`,
    profile: profile.name,
    edition: undefined,
    fromEdition: undefined,
    binding: { method: "request-code" },
    issuedAt: text.startsAt ?? ORIGIN,
    startsAt: ORIGIN,
    endsAt: undefined,
    quotas: new Map(Object.entries(quotas).map(([unit, amount]) => [unit, BigInt(amount)])),
    serviceEndsAt: undefined,
    customer: "Example",
    productName: "",
    contractNumber: "",
    authorizationCode: "",
    ...text,
  });
}

/** Licenses as installed, in the order of upload. */
export function installed(...licenses: readonly License[]): readonly InstalledLicense[] {
  return licenses.map((license, index) => ({
    ...license,
    uploadSequence: index + 1,
    uploadedAt: ORIGIN,
    uploadedByNodeId: "node",
  }));
}
