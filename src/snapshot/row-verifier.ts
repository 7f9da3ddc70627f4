/**
 * Verifies signed bytes of the database, and remembers what it found: signatures are the costly part
 * of reading a state, and the same rows are read again at every revision.
 */

import type { UsbState } from "../domain/usb/usb-state.ts";
import type { TrustStore } from "../license-file/trust-store.ts";
import { type ExpectedPlatform, type LicenseVerdict, verifyLicense } from "../license-file/verify-license.ts";
import { verifyRow } from "../platform/signed-row.ts";
import { readUsbStateRow } from "../platform/usb-rows.ts";
import type { PlatformRow, StoredLicense, StoredReacquisition, StoredState } from "../store/types.ts";
import { isSameLine } from "./revision.ts";

/** By whose word rows are believed: the vendor's keys and this platform's own. */
export interface RowTrust {
  readonly trust: TrustStore;
  readonly expected: ExpectedPlatform;
  /** Public key of this platform, JWK member `x`: from its key file, never from the database. */
  readonly publicKeyX: string;
}

/** Verifies rows, each distinct text once. */
export interface RowVerifier {
  verifyLicense(signedBytes: string): Promise<LicenseVerdict>;
  /** Whether the platform signed this very id and upload sequence. */
  isSequenceSigned(row: StoredLicense): Promise<boolean>;
  /** Whether the platform signed this very first start. */
  isFirstStartSigned(row: PlatformRow): Promise<boolean>;
  /** Whether the platform signed this very re-acquisition. */
  isReacquisitionSigned(row: StoredReacquisition): Promise<boolean>;
  /**
   * The state of the USB keys, if this platform signed it, in this past of the store and not before the one that
   * `adoptUsbState` remembers.
   */
  readUsbState(stored: UsbDocument): Promise<UsbState | undefined>;
  /** Remembers a committed state: an older one that is put back under the same epoch is not believed any more (threat 17). */
  adoptUsbState(stored: UsbDocument): Promise<void>;
  /** Forgets every text that is not in this state, so that memory follows the database. */
  keepOnly(state: StoredState): void;
}

/** The signed state of the USB keys, with the revision that it was read at. */
export type UsbDocument = Pick<StoredState, "revision" | "usbState">;

/** A {@link RowVerifier} that remembers its verdicts until `keepOnly` drops them. */
export function createRowVerifier({ trust, expected, publicKeyX }: RowTrust): RowVerifier {
  const verdicts = new Map<string, Promise<LicenseVerdict>>();
  const sequences = new Map<string, ReturnType<typeof verifyRow>>();
  const firstStarts = new Map<string, ReturnType<typeof verifyRow>>();
  const reacquisitions = new Map<string, ReturnType<typeof verifyRow>>();
  const usbStates = new Map<string, ReturnType<typeof readUsbStateRow>>();
  const readUsbRow = async ({ usbState }: UsbDocument) =>
    typeof usbState === "string"
      ? remember(usbStates, usbState, () => readUsbStateRow(publicKeyX, usbState))
      : undefined;
  let adopted: AdoptedUsbState | undefined;
  return {
    verifyLicense: (bytes) => remember(verdicts, bytes, () => verifyLicense(bytes, trust, expected)),
    async isSequenceSigned({ id, uploadSequence, sequenceJws }) {
      const verify = () => verifyRow(publicKeyX, "upload-sequence", sequenceJws);
      const payload = await remember(sequences, sequenceJws, verify);
      return payload?.["licenseId"] === id && payload["uploadSequence"] === uploadSequence;
    },
    async isFirstStartSigned({ firstStartAt, firstStartJws }) {
      const verify = () => verifyRow(publicKeyX, "first-start", firstStartJws);
      const payload = await remember(firstStarts, firstStartJws, verify);
      return payload?.["firstStartAt"] === firstStartAt;
    },
    async isReacquisitionSigned({ reacquiredAt, revision, rowJws }) {
      const verify = () => verifyRow(publicKeyX, "reacquisition", rowJws);
      const payload = await remember(reacquisitions, rowJws, verify);
      return payload?.["reacquiredAt"] === reacquiredAt && payload["revision"] === revision.toString();
    },
    async readUsbState(stored) {
      const signed = await readUsbRow(stored);
      return signed !== undefined && isOfNow(stored, signed.revision, adopted) ? signed.state : undefined;
    },
    async adoptUsbState(stored) {
      const signed = await readUsbRow(stored);
      if (signed === undefined || !isOfNow(stored, signed.revision, adopted)) return;
      adopted = { revision: stored.revision, usbState: stored.usbState, signedAt: signed.revision };
    },
    keepOnly({ licenses, platform, reacquisitions: rows, usbState }) {
      dropOthers(verdicts, new Set(licenses.map(({ signedBytes }) => signedBytes)));
      dropOthers(sequences, new Set(licenses.map(({ sequenceJws }) => sequenceJws)));
      dropOthers(firstStarts, new Set([platform.firstStartJws]));
      dropOthers(reacquisitions, new Set(rows.map(({ rowJws }) => rowJws)));
      dropOthers(usbStates, new Set([usbState]));
    },
  };
}

/** A state of the USB keys that was in force. */
interface AdoptedUsbState extends UsbDocument {
  /** The revision that its write made. */
  readonly signedAt: bigint;
}

/** Whether a state may be the one in force: signed in the past of the store, and none that a later one has replaced. */
function isOfNow(
  { revision, usbState }: UsbDocument,
  signedAt: bigint,
  adopted: AdoptedUsbState | undefined,
): boolean {
  if (signedAt > revision.revision) return false;
  if (adopted === undefined || !isSameLine(revision, adopted.revision)) return true;
  // One write makes one state. The store's own revision is no proof: it can be edited together with the state.
  return signedAt > adopted.signedAt || usbState === adopted.usbState;
}

function remember<T>(known: Map<string, Promise<T>>, text: string, verify: () => Promise<T>): Promise<T> {
  const verdict = known.get(text) ?? verify();
  known.set(text, verdict);
  return verdict;
}

function dropOthers(known: Map<string, unknown>, kept: ReadonlySet<string | null | undefined>): void {
  for (const text of known.keys()) if (!kept.has(text)) known.delete(text);
}
