/** What rows that carry rights say, word for word (EV-8). Signing and verifying share these. */
import type { Instant } from "../domain/license.ts";

/** The first start of the platform: kind "first-start". */
export function firstStartPayload(firstStartAt: Instant) {
  return { firstStartAt };
}

/** The upload sequence of a license: kind "upload-sequence". The revision is that of the upload's own transaction. */
export function sequencePayload(licenseId: string, uploadSequence: number, revision: bigint) {
  return { licenseId, uploadSequence, revision: revision.toString() };
}

/** A re-acquisition of the licenses: kind "reacquisition". The revision is that of its own transaction. */
export function reacquisitionPayload(reacquiredAt: Instant, revision: bigint) {
  return { reacquiredAt, revision: revision.toString() };
}
