import type { Knex } from "knex";
import type { Instant, License } from "../domain/license.ts";
import type { RecordDisposition } from "./types.ts";
import { toOptionalTimestamp, toText, toTimestamp } from "./values.ts";

/** What it takes to install a license. */
export interface Installation {
  readonly license: License;
  /** The license exactly as it was uploaded. */
  readonly signedBytes: string;
  /** Given by this transaction. */
  readonly uploadSequence: number;
  /** Signed row (EV-8) over id, upload sequence and revision. */
  readonly sequenceJws: string;
  readonly uploadedAt: Instant;
  /** Node that took the upload. */
  readonly nodeId: string;
}

/** Writes an installed license and its record. */
export async function insertLicense(trx: Knex.Transaction, installation: Installation): Promise<void> {
  const { license } = installation;
  await trx("licenses").insert({
    ...claimColumns(license),
    id: license.id,
    signed_bytes: installation.signedBytes,
    upload_sequence: installation.uploadSequence,
    sequence_jws: installation.sequenceJws,
    uploaded_at: toTimestamp(installation.uploadedAt),
    uploaded_by_node_id: installation.nodeId,
    issuer: toText(license.issuer),
    jti: toText(license.jti),
    usb_key_id: license.binding.method === "usb-key" ? toText(license.binding.keyId) : null,
  });
  await trx("license_records").insert({
    ...claimColumns(license),
    license_id: license.id,
    uploaded_at: toTimestamp(installation.uploadedAt),
    upload_sequence: installation.uploadSequence,
    customer: toText(license.customer),
    product_name: toText(license.productName),
    contract_number: toText(license.contractNumber),
    quotas: JSON.stringify(Object.fromEntries(quotaTexts(license))),
    node_id: installation.nodeId,
  });
}

/**
 * Removes an installed license; its record stays and tells how it left.
 *
 * @returns Whether it was installed.
 */
export async function removeLicense(
  trx: Knex.Transaction,
  licenseId: string,
  disposition: Exclude<RecordDisposition, "installed">,
): Promise<boolean> {
  const removed = await trx("licenses").where({ id: licenseId }).del();
  if (removed === 0) return false;
  await trx("license_records")
    .where({ license_id: licenseId, disposition: "installed" })
    .update({ disposition });
  return true;
}

/** The columns that a license and its record have in common. */
function claimColumns(license: License) {
  return {
    item: toText(license.item),
    edition: license.edition === undefined ? null : toText(license.edition),
    term: license.term,
    method: license.binding.method,
    issued_at: toTimestamp(license.issuedAt),
    starts_at: toTimestamp(license.startsAt),
    ends_at: toOptionalTimestamp(license.endsAt),
  };
}

function quotaTexts(license: License): [unit: string, amount: string][] {
  return [...license.quotas].map(([unit, amount]) => [toText(unit), amount.toString()]);
}
