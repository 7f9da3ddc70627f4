import { type Capability, CapabilityDomain, CapabilityReason } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatWithDistance } from "../output/time.ts";
import { meterReadings, nextOf, showOperations, showState } from "./terms.ts";

/** Writes capabilities as a table; distances in time count from `from`, the instant of the evaluation. */
export function writeCapabilities(screen: Screen, capabilities: readonly Capability[], from: Date): void {
  const columns: ReadonlyArray<Column<Capability>> = [
    { title: "CAPABILITY", cell: ({ key }) => styled("bold", key) },
    {
      title: "DOMAIN",
      cell: ({ domain }) => (domain === 0 ? "" : nameOf(CapabilityDomain, domain).toLowerCase()),
    },
    { title: "STATE", cell: ({ state }) => showState(state) },
    { title: "REASON", cell: ({ reason }) => nameOf(CapabilityReason, reason) },
    { title: "OPERATIONS", cell: ({ operations }) => showOperations(operations) },
    { title: "UNTIL (UTC)", cell: ({ expireTime }) => formatWithDistance(expireTime, from, "") },
    { title: "THEN", cell: nextOf },
    { title: "METERS", cell: ({ meters }) => meterReadings(meters) },
  ];
  writeTable(screen, columns, capabilities);
}
