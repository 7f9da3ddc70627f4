/** States of a zstack-cloud platform for tests of the history, without a database: what a node would have seen. */
import type { CapabilityState } from "../../../src/domain/evaluation.ts";
import { DAY_MS, type InstalledLicense, type Instant } from "../../../src/domain/license.ts";
import { carry } from "../../../src/domain/usb/carry.ts";
import { NO_USB_KEYS, type UsbFacts, type UsbKeyName } from "../../../src/domain/usb/usb-facts.ts";
import { firstPoint, type SeenState } from "../../../src/history/work-out-history.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import type { LicenseState, TamperedRow } from "../../../src/snapshot/license-state.ts";
import type { HistoryMark } from "../../../src/store/history-types.ts";

/** The instant at which everything begins. */
export const START = Date.UTC(2026, 0, 1);

/** An instant so many days after {@link START}. */
export function day(count: number): Instant {
  return START + count * DAY_MS;
}

export const PROFILE = loadProfile("zstack-cloud");
export const PROGRAM = "1.0.0";
export const NODE = "00000000-0000-4000-8000-000000000001";
export const OTHER_NODE = "00000000-0000-4000-8000-000000000002";

/** What a license of a test says; days from {@link START}. */
export interface LicenseText {
  /** Upload sequence; it stands in the id, too. */
  readonly sequence: number;
  readonly item: string;
  readonly edition?: string;
  readonly from?: number;
  readonly until?: number;
  readonly uploaded?: number;
  readonly cpus?: bigint;
  /** Id of the USB key that it is bound to. Default: none, by request code. */
  readonly key?: string;
}

/** The name of a USB key. */
export function keyName(keyId: string): UsbKeyName {
  return { keyId, thumbprint: `thumbprint of ${keyId}` };
}

/** An installed license. */
export function license(text: LicenseText): InstalledLicense {
  const { sequence, item, edition, from = 0, until, uploaded = from, cpus, key } = text;
  return {
    id: idOf(sequence),
    issuer: "Example Vendor",
    jti: `number-${sequence}`,
    profile: PROFILE.name,
    item,
    edition,
    term: "paid",
    fromEdition: undefined,
    binding: key === undefined ? { method: "request-code" } : { method: "usb-key", ...keyName(key) },
    issuedAt: day(from),
    startsAt: day(from),
    endsAt: until === undefined ? undefined : day(until),
    quotas: new Map(cpus === undefined ? [] : [["cpus", cpus]]),
    serviceEndsAt: undefined,
    customer: "Example Customer",
    productName: "",
    contractNumber: "",
    authorizationCode: "",
    uploadSequence: sequence,
    uploadedAt: day(uploaded),
    uploadedByNodeId: NODE,
  };
}

/** The id of the license with an upload sequence. */
export function idOf(sequence: number): string {
  return `10000000-0000-4000-8000-${String(sequence).padStart(12, "0")}`;
}

/** What a state of a test is. */
export interface StateText {
  readonly licenses?: readonly LicenseText[];
  readonly revision?: bigint;
  readonly epoch?: bigint;
  readonly usage?: Readonly<Record<string, bigint>>;
  readonly usageRevision?: bigint;
  readonly reacquiredAt?: readonly Instant[];
  readonly tampered?: readonly string[];
  readonly usb?: UsbFacts;
  readonly productVersion?: string;
}

/** One state of the store. */
export function state(text: StateText): LicenseState {
  const { revision = 1n, epoch = 1n, usageRevision = 0n, productVersion, usb = NO_USB_KEYS } = text;
  const licenses = (text.licenses ?? []).map((one) => carry(license(one), usb));
  const place = { storeId: "20000000-0000-4000-8000-000000000000", epoch, revision };
  const usage = new Map(Object.entries(text.usage ?? {}));
  return {
    revision: place,
    revisionId: "30000000-0000-4000-8000-000000000000",
    profile: PROFILE,
    facts: { firstStartAt: START, productVersion, reacquiredAt: text.reacquiredAt ?? [], usb },
    usage,
    usageRevision,
    primaryNodeId: NODE,
    licenses,
    unverified: [],
    tampered: (text.tampered ?? []).map(tamperedRow),
    alerts: [],
    usb: undefined,
    putOffs: [],
    stored: {
      revision: place,
      revisionId: "30000000-0000-4000-8000-000000000000",
      platform: {
        thumbprint: "t",
        publicKey: "k",
        profile: PROFILE.name,
        firstStartAt: START,
        firstStartJws: "",
        primaryNodeId: NODE,
      },
      licenses: licenses.map(({ id, uploadSequence, uploadedAt, uploadedByNodeId }) => ({
        id,
        signedBytes: "",
        uploadSequence,
        sequenceJws: "",
        uploadedAt,
        uploadedByNodeId,
      })),
      restores: [],
      reacquisitions: [],
      putOffs: [],
      usbState: undefined,
      usage: { revision: usageRevision, totals: usage },
    },
  };
}

function tamperedRow(id: string): TamperedRow {
  return { table: "licenses", id, problem: "", remedy: "" };
}

/** A mark at which a state was recorded to the full. */
export function markAt(seen: SeenState, parts: Partial<HistoryMark> = {}): HistoryMark {
  return { ...firstPoint(seen, PROGRAM), version: 1n, nodeId: NODE, isNodeAway: false, ...parts };
}

/** A change in short: "gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 20". */
export function inShort(change: {
  readonly key: string;
  readonly before: { readonly state: CapabilityState; readonly reason: string };
  readonly after: { readonly state: CapabilityState; readonly reason: string };
  readonly cause: string;
  readonly effectiveAt: Instant;
}): string {
  const { key, before, after, cause, effectiveAt } = change;
  const days = (effectiveAt - START) / DAY_MS;
  return `${key} ${before.state} ${before.reason} -> ${after.state} ${after.reason}, ${cause}, day ${days}`;
}
