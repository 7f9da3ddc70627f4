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
  /** The state of the USB keys, if this platform signed it. */
  readUsbState(document: string): Promise<UsbState | undefined>;
  /** Forgets every text that is not in this state, so that memory follows the database. */
  keepOnly(state: StoredState): void;
}

/** A {@link RowVerifier} that remembers its verdicts until `keepOnly` drops them. */
export function createRowVerifier({ trust, expected, publicKeyX }: RowTrust): RowVerifier {
  const verdicts = new Map<string, Promise<LicenseVerdict>>();
  const sequences = new Map<string, ReturnType<typeof verifyRow>>();
  const firstStarts = new Map<string, ReturnType<typeof verifyRow>>();
  const reacquisitions = new Map<string, ReturnType<typeof verifyRow>>();
  const usbStates = new Map<string, ReturnType<typeof readUsbStateRow>>();
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
    async readUsbState(document) {
      const verify = () => readUsbStateRow(publicKeyX, document);
      return (await remember(usbStates, document, verify))?.state;
    },
    keepOnly({ licenses, platform, reacquisitions: rows, usbState }) {
      dropOthers(verdicts, new Set(licenses.map(({ signedBytes }) => signedBytes)));
      dropOthers(sequences, new Set(licenses.map(({ sequenceJws }) => sequenceJws)));
      dropOthers(firstStarts, new Set([platform.firstStartJws]));
      dropOthers(reacquisitions, new Set(rows.map(({ rowJws }) => rowJws)));
      dropOthers(usbStates, new Set(usbState === undefined ? [] : [usbState]));
    },
  };
}

function remember<T>(known: Map<string, Promise<T>>, text: string, verify: () => Promise<T>): Promise<T> {
  const verdict = known.get(text) ?? verify();
  known.set(text, verdict);
  return verdict;
}

function dropOthers(known: Map<string, unknown>, kept: ReadonlySet<string>): void {
  for (const text of known.keys()) if (!kept.has(text)) known.delete(text);
}
