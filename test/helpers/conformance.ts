/** Reads conformance files (test/conformance/README.md) and makes licenses out of them. */
import { readFileSync } from "node:fs";
import { completeLicense } from "../../src/domain/complete.ts";
import type { PlatformInput } from "../../src/domain/facts.ts";
import {
  DAY_MS,
  type InstalledLicense,
  type Instant,
  type License,
  type Term,
} from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { carry } from "../../src/domain/usb/carry.ts";
import type { UsbFacts, UsbStatus } from "../../src/domain/usb/usb-facts.ts";

/** Days since the file's origin, or ISO 8601 text. */
export type When = number | string;

/** A license as a case writes it. */
export interface LicenseText {
  readonly name: string;
  readonly item: string;
  readonly edition?: string;
  readonly term: Term;
  readonly fromEdition?: string;
  readonly jti?: string;
  readonly issued?: When;
  readonly start?: When;
  readonly end?: When;
  readonly quotas?: Readonly<Record<string, number>>;
  readonly service?: When;
  readonly usb?: string;
}

/** A question. */
export interface Ask {
  readonly capability?: string;
  readonly capabilities?: true;
  readonly meter?: string;
  readonly platform?: true;
  readonly license?: string;
  readonly alerts?: true;
  readonly plan?: { readonly solution: string; readonly version?: string; readonly architecture?: string };
  readonly upload?: readonly LicenseText[];
  readonly insertedUsbKeys?: readonly string[];
  readonly delete?: { readonly license: string } | { readonly item: string };
}

/** What a platform's USB keys give; the thumbprint of each is its id. */
export interface UsbText {
  readonly status?: UsbStatus;
  /** Ids of keys that give their rights, or such a key with the end of that while nobody looks for it. */
  readonly giving?: readonly (string | { readonly key: string; readonly until: When })[];
  readonly buffers?: readonly { readonly key: string; readonly start: When; readonly end: When }[];
}

/** What a platform knows when it is asked. */
export interface PlatformText {
  readonly licenses: readonly LicenseText[];
  /** `null`: its row does not verify. */
  readonly firstStart: When | null;
  readonly version: string | undefined;
  readonly usage: Readonly<Record<string, number>>;
  readonly reacquired: readonly When[];
  readonly usb?: UsbText;
}

/** One case. */
export interface ConformanceCase {
  readonly rules: readonly string[];
  readonly title: string;
  readonly platform: PlatformText;
  readonly at: When;
  readonly ask: Ask;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** One file, with the names of its licenses put in. */
export interface ConformanceFile {
  readonly profile: string;
  readonly origin: string;
  readonly cases: readonly ConformanceCase[];
}

/** A license, or the name of one. */
type LicenseReference = LicenseText | string;

/** A file as it is written. */
interface FileText {
  readonly profile: string;
  readonly origin: string;
  readonly firstStart?: When;
  readonly licenses: Readonly<Record<string, LicenseText>>;
  readonly cases: readonly CaseText[];
}

interface CaseText extends Partial<Omit<PlatformText, "licenses">> {
  readonly rules: readonly string[];
  readonly title: string;
  readonly licenses: readonly LicenseReference[];
  readonly at: When;
  readonly ask: Omit<Ask, "upload"> & { readonly upload?: readonly LicenseReference[] };
  readonly answer: Readonly<Record<string, unknown>>;
}

/** Reads the conformance file of a product. */
export function readConformanceFile(product: string): ConformanceFile {
  const text: FileText = JSON.parse(
    readFileSync(new URL(`../conformance/${product}.json`, import.meta.url), "utf8"),
  );
  return { profile: text.profile, origin: text.origin, cases: text.cases.map((one) => readCase(text, one)) };
}

function readCase(file: FileText, text: CaseText): ConformanceCase {
  const { rules, title, at, answer, usage = {}, reacquired = [], version } = text;
  const licenses = text.licenses.map((reference) => resolve(file, [], reference));
  const firstStart = text.firstStart === undefined ? (file.firstStart ?? 0) : text.firstStart;
  const { upload, ...others } = text.ask;
  const packed = upload?.map((reference) => resolve(file, licenses, reference));
  const ask = packed === undefined ? others : { ...others, upload: packed };
  const usb = text.usb === undefined ? {} : { usb: text.usb };
  const platform = { licenses, firstStart, version, usage, reacquired, ...usb };
  return { rules, title, at, ask, answer, platform };
}

/** A name stands for the installed license of that name, else for the file's. */
function resolve(
  file: FileText,
  installed: readonly LicenseText[],
  reference: LicenseReference,
): LicenseText {
  if (typeof reference !== "string") return reference;
  const found = installed.find(({ name }) => name === reference) ?? file.licenses[reference];
  if (found === undefined) throw new Error(`no license ${reference} in the conformance file`);
  return found;
}

/** A {@link When} as an instant. */
export function toInstant(origin: string, when: When): Instant {
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
    binding:
      text.usb === undefined
        ? { method: "request-code" }
        : { method: "usb-key", keyId: text.usb, thumbprint: text.usb },
    issuedAt: toInstant(origin, text.issued ?? 0),
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

/** What the USB keys of a case give. */
export function toUsbFacts(origin: string, { status, giving = [], buffers = [] }: UsbText = {}): UsbFacts {
  const nameOf = (keyId: string) => ({ keyId, thumbprint: keyId });
  return {
    status,
    giving: giving.map((key) =>
      typeof key === "string"
        ? { ...nameOf(key), until: undefined }
        : { ...nameOf(key.key), until: toInstant(origin, key.until) },
    ),
    buffers: buffers.map(({ key, start, end }) => ({
      ...nameOf(key),
      startsAt: toInstant(origin, start),
      endsAt: toInstant(origin, end),
    })),
  };
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

/** Everything that an evaluation looks at, but the profile and the instant. */
export function toPlatform(profile: Profile, origin: string, text: PlatformText): PlatformInput {
  const { firstStart, version, usage, reacquired } = text;
  const usb = toUsbFacts(origin, text.usb);
  return {
    licenses: toInstalled(profile, origin, text.licenses).map((license) => carry(license, usb)),
    facts: {
      usb,
      firstStartAt: firstStart === null ? undefined : toInstant(origin, firstStart),
      productVersion: version,
      reacquiredAt: reacquired.map((when) => toInstant(origin, when)),
    },
    usage: new Map(Object.entries(usage).map(([meter, amount]) => [meter, BigInt(amount)])),
  };
}
