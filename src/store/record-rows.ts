import type { LicenseRecordRow } from "./types.ts";
import { toInstant, toOptionalInstant, toSafeInteger } from "./values.ts";

/** The columns of a record, in SQL. */
export const RECORD_COLUMNS = `id, license_id, item, edition, term, method, disposition, issued_at, starts_at,
  ends_at, uploaded_at, upload_sequence, customer, product_name, contract_number, quotas, node_id`;

/** A row of license_records, as pg reads it. */
export interface RecordColumns {
  readonly id: string;
  readonly license_id: string;
  readonly item: string;
  readonly edition: string | null;
  readonly term: string;
  readonly method: LicenseRecordRow["method"];
  readonly disposition: LicenseRecordRow["disposition"];
  readonly issued_at: Date;
  readonly starts_at: Date;
  readonly ends_at: Date | null;
  readonly uploaded_at: Date;
  readonly upload_sequence: string;
  readonly customer: string;
  readonly product_name: string;
  readonly contract_number: string;
  readonly quotas: Readonly<Record<string, string>>;
  readonly node_id: string;
}

/** The record of a row. */
export function toRecord(row: RecordColumns): LicenseRecordRow {
  return {
    id: row.id,
    licenseId: row.license_id,
    item: row.item,
    edition: row.edition ?? undefined,
    term: row.term,
    method: row.method,
    disposition: row.disposition,
    issuedAt: toInstant(row.issued_at),
    startsAt: toInstant(row.starts_at),
    endsAt: toOptionalInstant(row.ends_at),
    uploadedAt: toInstant(row.uploaded_at),
    uploadSequence: toSafeInteger(row.upload_sequence),
    customer: row.customer,
    productName: row.product_name,
    contractNumber: row.contract_number,
    quotas: new Map(Object.entries(row.quotas).map(([unit, amount]) => [unit, BigInt(amount)])),
    nodeId: row.node_id,
  };
}
