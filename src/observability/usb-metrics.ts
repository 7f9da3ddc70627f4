/** Metrics of USB keys. They name no key (threat 26): a key id stands in orders and letters to the vendor. */
import type { Registry } from "prom-client";
import type { Clock } from "../clock.ts";
import { runningBuffers } from "../domain/usb/running-buffers.ts";
import { NO_USB_KEYS, USB_STATUSES } from "../domain/usb/usb-facts.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import { KEY_STANDINGS, listKeys } from "../usb/platform/key-list.ts";
import type { UsbPorts } from "../usb/platform/usb-overview.ts";
import { addGauge, addGauges, countBy } from "./read-gauge.ts";

/** What metrics of USB keys are read from, at every scrape. */
export interface UsbSources {
  readonly hub: Pick<SnapshotHub, "current">;
  readonly clock: Clock;
  readonly usb: Pick<UsbPorts, "overview">;
}

/** Adds metrics of USB keys to a registry. */
export function addUsbMetrics(registry: Registry, { hub, clock, usb }: UsbSources): void {
  const facts = () => hub.current().state.facts.usb ?? NO_USB_KEYS;
  addGauges(registry, STATUS, () => countBy("status", ["NONE", ...USB_STATUSES], [facts().status ?? "NONE"]));
  addGauges(registry, KEYS, () => {
    const overview = usb.overview();
    const keys = listKeys(overview, hub.current().state);
    const own = keys.filter(({ nodeId }) => nodeId === overview.own.nodeId);
    return countBy(
      "status",
      KEY_STANDINGS,
      own.map(({ standing }) => standing),
    );
  });
  addGauge(
    registry,
    "license_usb_buffer_seconds_left",
    "Seconds until the next buffer of a USB key ends; none while no buffer runs.",
    () => {
      const now = clock.now();
      const ends = runningBuffers(facts(), now).map(({ endsAt }) => endsAt);
      return ends.length === 0 ? undefined : (Math.min(...ends) - now) / 1000;
    },
  );
  addGauge(
    registry,
    "license_usb_scan_age_seconds",
    "Seconds since this node last looked at its USB ports; none while it reads no keys.",
    () => {
      const { unavailable, scanAgeMs } = usb.overview().own;
      return unavailable === undefined && scanAgeMs !== undefined ? scanAgeMs / 1000 : undefined;
    },
  );
}

const STATUS = {
  name: "license_usb_status",
  help: "1 for the status of the platform's USB keys, 0 for every other; NONE: no key ever gave rights.",
  labels: ["status"],
} as const;

const KEYS = {
  name: "license_usb_keys",
  help: "USB keys in the ports of this node, by what they are worth there.",
  labels: ["status"],
} as const;
