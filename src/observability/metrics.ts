import { collectDefaultMetrics, Registry } from "prom-client";
import type { CallCounts } from "./call-counts.ts";
import { addCallMetrics } from "./call-metrics.ts";
import { addLicenseMetrics } from "./license-metrics.ts";
import { addNodeMetrics, type NodeSources } from "./node-metrics.ts";
import { addGauges } from "./read-gauge.ts";
import { addUsbMetrics, type UsbSources } from "./usb-metrics.ts";

/** What the metrics of a node are read from. */
export interface MetricSources extends NodeSources {
  readonly usb: UsbSources["usb"];
  readonly calls: CallCounts;
  readonly version: string;
  readonly profile: string;
}

/** What metrics look like to a scraper. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Every metric of a node, on a registry of its own. Returns how to read them; who asks while they are
 * being read shares that reading.
 */
export function createMetrics({
  calls,
  version,
  profile,
  ...sources
}: MetricSources): () => Promise<MetricsText> {
  const registry = new Registry();
  addGauges(registry, BUILD_INFO, () => [{ labels: { version, profile }, value: 1 }]);
  addNodeMetrics(registry, sources);
  addLicenseMetrics(registry, sources);
  addUsbMetrics(registry, sources);
  addCallMetrics(registry, calls);
  collectDefaultMetrics({ register: registry });
  let reading: Promise<MetricsText> | undefined;
  const read = async () => ({ contentType: registry.contentType, text: await registry.metrics() });
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

const BUILD_INFO = {
  name: "license_build_info",
  help: "Always 1; tells the version of the program and the product that it serves.",
  labels: ["version", "profile"],
} as const;
