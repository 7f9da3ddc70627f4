import { type LicenseRecord, LicenseType, ManagementType } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant } from "../output/time.ts";
import { showMethod, showStatus } from "./license-table.ts";

const COLUMNS: ReadonlyArray<Column<LicenseRecord>> = [
  { title: "UPLOADED (UTC)", cell: ({ uploadTime }) => uploadTime && formatInstant(uploadTime) },
  { title: "ITEM", cell: ({ item }) => styled("bold", item) },
  { title: "EDITION", cell: ({ edition }) => edition },
  { title: "TYPE", cell: ({ licenseType }) => nameOf(LicenseType, licenseType).toLowerCase() },
  { title: "STATUS", cell: ({ status }) => showStatus(status) },
  { title: "QUOTA", cell: ({ quotas }) => quotas.map(({ unit, amount }) => `${amount} ${unit}`).join(", ") },
  { title: "ISSUED (UTC)", cell: ({ issuedTime }) => issuedTime && formatInstant(issuedTime) },
  { title: "STARTS (UTC)", cell: ({ startTime }) => startTime && formatInstant(startTime) },
  {
    title: "ENDS (UTC)",
    cell: ({ expireTime }) => (expireTime === undefined ? "never" : formatInstant(expireTime)),
  },
  { title: "BOUND BY", cell: ({ authorizationMethod }) => showMethod(authorizationMethod) },
  { title: "NODE", cell: ({ managementType }) => nameOf(ManagementType, managementType).toLowerCase() },
  { title: "CUSTOMER", cell: ({ user }) => user },
  { title: "LICENSE", cell: ({ licenseId }) => licenseId },
];

/** Writes the authorization history (ZV-RE-1) as a table; nothing when there are no records. */
export function writeRecords(screen: Screen, records: readonly LicenseRecord[]): void {
  if (records.length > 0) writeTable(screen, COLUMNS, records);
}
