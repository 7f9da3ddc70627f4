import type { Instant } from "../domain/license.ts";
import type { NodeSight } from "../domain/usb/sights.ts";
import type { UsbKeyName } from "../domain/usb/usb-facts.ts";
import { readSightRow } from "../platform/usb-rows.ts";
import type { UsbReading } from "../store/usb.ts";

/** What a node said longer ago says nothing of now. */
const LONGEST_SILENCE_MS = 60_000;

/**
 * USB keys that are in a port of any node now and prove themselves, with licenses on them or not (ZC-AM-5). A node
 * that was not heard of for a minute, that reads no keys, or whose row does not verify, sees none.
 *
 * @param publicKeyX public key of this platform, JWK member `x`.
 */
export async function insertedKeys(
  { databaseNow, nodes }: UsbReading,
  publicKeyX: string,
): Promise<readonly UsbKeyName[]> {
  const living = nodes.filter(({ heartbeatAt }) => isNow(heartbeatAt, databaseNow));
  const sights = await Promise.all(
    living.map(({ id, sight }) => (sight === undefined ? undefined : readSightRow(publicKeyX, id, sight))),
  );
  return sights.flatMap((sight) => (sight === undefined ? [] : provenIn(sight, databaseNow)));
}

function provenIn({ scannedAt, unavailable, devices }: NodeSight, databaseNow: Instant): UsbKeyName[] {
  if (unavailable !== undefined || scannedAt === undefined || !isNow(scannedAt, databaseNow)) return [];
  return devices
    .filter(({ seenAt, isProven, thumbprint }) => seenAt === scannedAt && isProven && thumbprint !== "")
    .map(({ keyId, thumbprint }) => ({ keyId, thumbprint }));
}

function isNow(at: Instant, databaseNow: Instant): boolean {
  return Math.abs(databaseNow - at) <= LONGEST_SILENCE_MS;
}
