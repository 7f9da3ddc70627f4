import { AuthorizationMethod, type License, LicenseStatus, LicenseType } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, type Style, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant, formatWithDistance } from "../output/time.ts";
import { meterReading, meterReadings } from "./terms.ts";

const STATUS_STYLES: Readonly<Record<number, Style>> = {
  [LicenseStatus.VALID]: "green",
  [LicenseStatus.PENDING]: "cyan",
  [LicenseStatus.REPLACED]: "dim",
};

/** A license's status, colored by what it is worth. */
export function showStatus(status: LicenseStatus): Inline {
  return styled(STATUS_STYLES[status] ?? "red", nameOf(LicenseStatus, status));
}

/** The words for how a license is bound. */
export function showMethod(method: AuthorizationMethod): string {
  if (method === AuthorizationMethod.UNSPECIFIED) return "";
  return nameOf(AuthorizationMethod, method).toLowerCase().replace("_", " ");
}

/** How this license is bound: "request code", "usb key key-1". */
function showBinding({ authorizationMethod, usbKeyId }: License): string {
  const method = showMethod(authorizationMethod);
  return usbKeyId === "" ? method : `${method} ${usbKeyId}`;
}

/** The edition of a license, of an upgrade both: "standard to enterprise". */
function showEdition({ fromEdition, edition }: License): string {
  return fromEdition === "" ? edition : `${fromEdition} to ${edition}`;
}

/** Writes licenses as a table; distances in time count from `from`. */
export function writeLicenses(screen: Screen, licenses: readonly License[], from: Date): void {
  const columns: ReadonlyArray<Column<License>> = [
    { title: "ITEM", cell: ({ item }) => styled("bold", item) },
    { title: "EDITION", cell: showEdition },
    { title: "TYPE", cell: ({ licenseType }) => nameOf(LicenseType, licenseType).toLowerCase() },
    { title: "STATUS", cell: ({ status }) => showStatus(status) },
    { title: "STARTS (UTC)", cell: ({ startTime }) => startTime && formatInstant(startTime) },
    { title: "ENDS (UTC)", cell: ({ expireTime }) => formatWithDistance(expireTime, from, "never") },
    { title: "METERS", cell: ({ meters }) => meterReadings(meters) },
    { title: "BOUND BY", cell: showBinding },
    {
      title: "BUFFER ENDS (UTC)",
      cell: ({ bufferExpireTime }) => bufferExpireTime && formatWithDistance(bufferExpireTime, from),
    },
    { title: "LICENSE", cell: ({ id }) => id },
  ];
  writeTable(screen, columns, licenses);
}

/** Writes one license as "label  value" lines. */
export function writeLicense(screen: Screen, license: License, from: Date): void {
  const text = (value: string): string | undefined => (value === "" ? undefined : value);
  screen.fields(
    [
      ["item", [license.item, showEdition(license)].filter(Boolean).join(" ")],
      ["type", nameOf(LicenseType, license.licenseType).toLowerCase()],
      ["status", showStatus(license.status)],
      ["bound by", text(showBinding(license))],
      ["buffer ends", license.bufferExpireTime && formatWithDistance(license.bufferExpireTime, from)],
      ["starts", license.startTime && formatWithDistance(license.startTime, from)],
      ["ends", formatWithDistance(license.expireTime, from, "never")],
      ["service ends", license.serviceExpireTime && formatWithDistance(license.serviceExpireTime, from)],
      ["issued", license.issuedTime && formatInstant(license.issuedTime)],
      ["uploaded", license.uploadTime && formatInstant(license.uploadTime)],
      ["meters", text(license.meters.map(meterReading).join("; "))],
      ["customer", text(license.user)],
      ["product", text(license.productInfo)],
      ["contract", text(license.contractNumber)],
      ["license", text(license.id)],
    ],
    "  ",
  );
}
