import type { Meter, ReportedUsage, Reservation } from "@license-service/contract";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant, formatWithDistance } from "../output/time.ts";
import { showLimit } from "./terms.ts";

/** Writes what is in use of each meter. */
export function writeMeters(screen: Screen, meters: readonly Meter[]): void {
  const columns: ReadonlyArray<Column<Meter>> = [
    { title: "METER", cell: ({ key }) => styled("bold", key) },
    { title: "USED", cell: ({ used }) => used, align: "right" },
    { title: "LIMIT", cell: ({ limit }) => showLimit(limit), align: "right" },
    { title: "AVAILABLE", cell: ({ available }) => showLimit(available), align: "right" },
    { title: "OVER", cell: ({ over }) => (over ? styled("red", "OVER") : "") },
  ];
  writeTable(screen, columns, meters);
}

/** Writes what reporters said, if any said something. */
export function writeReports(screen: Screen, reports: readonly ReportedUsage[]): void {
  if (reports.length === 0) return;
  const columns: ReadonlyArray<Column<ReportedUsage>> = [
    { title: "REPORTER", cell: ({ reporter }) => styled("bold", reporter) },
    { title: "METER", cell: ({ meter }) => meter },
    { title: "REPORTED", cell: ({ amount }) => amount, align: "right" },
    { title: "AT (UTC)", cell: ({ reportTime }) => reportTime && formatInstant(reportTime) },
    { title: "STALE", cell: ({ stale }) => (stale ? styled("yellow", "stale") : "") },
    {
      title: "COMMITTED SINCE",
      cell: ({ committed }) => (committed === 0n ? "" : committed),
      align: "right",
    },
    { title: "RELEASED SINCE", cell: ({ released }) => (released === 0n ? "" : released), align: "right" },
  ];
  screen.line``;
  screen.line`${styled("bold", "Reports")}`;
  writeTable(screen, columns, reports);
}

/** Writes reservations, if there are any; distances in time count from `from`. */
export function writeReservations(screen: Screen, reservations: readonly Reservation[], from: Date): void {
  if (reservations.length === 0) return;
  const columns: ReadonlyArray<Column<Reservation>> = [
    { title: "RESERVATION", cell: ({ id }) => id },
    { title: "REPORTER", cell: ({ reporter }) => styled("bold", reporter) },
    {
      title: "AMOUNTS",
      cell: ({ amounts }) => amounts.map(({ meter, amount }) => `${meter}=${amount}`).join(" "),
    },
    { title: "FOR", cell: ({ resourceId }) => resourceId },
    { title: "LEASE ENDS (UTC)", cell: ({ expireTime }) => formatWithDistance(expireTime, from) },
  ];
  screen.line``;
  screen.line`${styled("bold", "Reservations")}`;
  writeTable(screen, columns, reservations);
}
