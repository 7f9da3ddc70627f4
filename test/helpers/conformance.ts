/** Reads conformance files (test/conformance/README.md) and makes licenses out of them. */
import { readFileSync } from "node:fs";
import { completeLicense } from "../../src/domain/complete.ts";
import {
  DAY_MS,
  type InstalledLicense,
  type Instant,
  type License,
  type Term,
} from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";

/** A license as a case writes it. */
export interface LicenseText {
  readonly name: string;
  readonly item: string;
  readonly edition?: string;
  readonly term: Term;
  readonly fromEdition?: string;
  readonly jti?: string;
  readonly issued?: number | string;
  readonly start?: number | string;
  readonly end?: number | string;
  readonly quotas?: Readonly<Record<string, number>>;
  readonly service?: number | string;
  readonly usb?: string;
}

/** A question. */
export interface Ask {
  readonly capability?: string;
  readonly meter?: string;
  readonly platform?: true;
  readonly license?: string;
  readonly upload?: ReadonlyArray<LicenseText | string>;
  readonly insertedUsbKeys?: readonly string[];
  readonly delete?: { readonly license: string } | { readonly item: string };
}

/** One case. */
export interface ConformanceCase {
  readonly rules: readonly string[];
  readonly title: string;
  readonly licenses: readonly LicenseText[];
  readonly at: number | string;
  readonly ask: Ask;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** One file. */
export interface ConformanceFile {
  readonly profile: string;
  readonly origin: string;
  readonly cases: readonly ConformanceCase[];
}

/** Reads the conformance file of a product. */
export function readConformanceFile(product: string): ConformanceFile {
  return JSON.parse(readFileSync(new URL(`../conformance/${product}.json`, import.meta.url), "utf8"));
}

/** Days since the origin, or ISO 8601 text, as an instant. */
export function toInstant(origin: string, when: number | string): Instant {
  return typeof when === "string" ? Date.parse(when) : Date.parse(origin) + when * DAY_MS;
}

/** The license that a case describes. Its id is its content, as a real license's is. */
export function toLicense(profile: Profile, origin: string, text: LicenseText): License {
  const startsAt = toInstant(origin, text.start ?? 0);
  return completeLicense(profile, {
    id: JSON.stringify(text),
    issuer: "vendor",
    jti: text.jti ?? JSON.stringify(text),
    profile: profile.name,
    item: text.item,
    edition: text.edition,
    term: text.term,
    fromEdition: text.fromEdition,
    binding: text.usb === undefined ? { method: "request-code" } : { method: "usb-key", keyId: text.usb },
    issuedAt: text.issued === undefined ? startsAt : toInstant(origin, text.issued),
    startsAt,
    endsAt: text.end === undefined ? undefined : toInstant(origin, text.end),
    quotas: new Map(Object.entries(text.quotas ?? {}).map(([unit, amount]) => [unit, BigInt(amount)])),
    serviceEndsAt: text.service === undefined ? undefined : toInstant(origin, text.service),
    customer: "Example",
    productName: profile.title.en,
    contractNumber: "",
    authorizationCode: "",
  });
}

/** The installed licenses of a case, in the order of upload. */
export function toInstalled(
  profile: Profile,
  origin: string,
  texts: readonly LicenseText[],
): readonly InstalledLicense[] {
  return texts.map((text, index) => ({
    ...toLicense(profile, origin, text),
    uploadSequence: index + 1,
    uploadedAt: toInstant(origin, 0),
    uploadedByNodeId: "node",
  }));
}
