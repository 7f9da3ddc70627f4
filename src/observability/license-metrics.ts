/**
 * Metrics of what the platform may do. They name items, meters and license ids, and nobody: no
 * customer, license number or request code (threat 26).
 */
import type { Registry } from "prom-client";
import type { Clock } from "../clock.ts";
import { alertNames, isNamed } from "../domain/alert-names.ts";
import { CAPABILITY_STATES } from "../domain/evaluation.ts";
import { endsByItem } from "../domain/rights-end.ts";
import type { Alert } from "../snapshot/alert.ts";
import { alertsOfState, isLoud } from "../snapshot/alerts-of-state.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import { daysUntil } from "./days-left.ts";
import { addGauges, countBy, type Sample } from "./read-gauge.ts";

/** What license metrics are read from, at every scrape. */
export interface LicenseSources {
  readonly hub: Pick<SnapshotHub, "current" | "evaluation">;
  readonly clock: Clock;
  /** Alerts beside those of the snapshot. */
  readonly liveAlerts: readonly (() => readonly Alert[])[];
}

const LICENSE_STATUSES = ["VALID", "PENDING", "EXPIRED", "REPLACED", "USB_KEY_LOST", "UNVERIFIED"] as const;

/** Adds metrics of licenses, capabilities, quotas and alerts to a registry. */
export function addLicenseMetrics(registry: Registry, sources: LicenseSources): void {
  addGauges(registry, DAYS_LEFT, () => daysLeft(sources));
  addGauges(registry, ITEM_DAYS_LEFT, () => itemDaysLeft(sources));
  addGauges(registry, LICENSES, () => {
    const { unverified } = sources.hub.current().state;
    const statuses = sources.hub.evaluation().licenses.map(({ status }): string => status);
    return countBy("status", LICENSE_STATUSES, [...statuses, ...unverified.map(() => "UNVERIFIED")]);
  });
  addGauges(registry, CAPABILITIES, () => {
    const { capabilities } = sources.hub.evaluation();
    return countBy(
      "state",
      CAPABILITY_STATES,
      capabilities.map(({ state }) => state),
    );
  });
  addGauges(registry, ALERTS, () => alerts(sources));
  addGauges(registry, QUOTA_LIMIT, () => {
    const { meters } = sources.hub.evaluation();
    return meters.flatMap(({ key, limit }) => (limit === undefined ? [] : [meter(key, limit)]));
  });
  addGauges(registry, ALERT, () => alertsByName(sources));
  addGauges(registry, QUOTA_OVER, () => {
    const { meters } = sources.hub.evaluation();
    return meters.map(({ key, over }) => meter(key, over ? 1n : 0n));
  });
  addGauges(registry, QUOTA_USED, () => {
    const { meters } = sources.hub.evaluation();
    return meters.map(({ key, used }) => meter(key, used));
  });
}

const DAYS_LEFT = {
  name: "license_days_left",
  help: "Days until an installed license ends, negative once it has; none for a license without an end.",
  labels: ["license_id", "item"],
} as const;

const ITEM_DAYS_LEFT = {
  name: "license_item_days_left",
  help: "Days until the rights of an item end, renewals counted that take over without a gap and with at least the same capabilities; negative once they have ended.",
  labels: ["item"],
} as const;

const LICENSES = {
  name: "license_licenses",
  help: "Installed licenses, by what they are worth now.",
  labels: ["status"],
} as const;

const CAPABILITIES = {
  name: "license_capabilities",
  help: "Capabilities of the product, by what they allow now.",
  labels: ["state"],
} as const;

const ALERTS = {
  name: "license_alerts",
  help: "Standing alerts, as licensectl info shows them, by kind and severity.",
  labels: ["kind", "severity"],
} as const;

const ALERT = {
  name: "license_alert",
  help: "1 while an alert of licenses or usage stands and is not put off, else 0; by kind and by item or meter.",
  labels: ["kind", "subject"],
} as const;

const QUOTA_OVER = {
  name: "license_quota_over",
  help: "1 while more of a meter is used than the licenses allow, else 0.",
  labels: ["meter"],
} as const;

const QUOTA_LIMIT = {
  name: "license_quota_limit",
  help: "What the licenses allow of a meter; none for a meter that is not limited.",
  labels: ["meter"],
} as const;

const QUOTA_USED = {
  name: "license_quota_used",
  help: "What is reported as used of a meter; 0 where nothing is reported.",
  labels: ["meter"],
} as const;

function daysLeft({ hub, clock }: LicenseSources): Sample<"license_id" | "item">[] {
  const now = clock.now();
  return hub.evaluation().licenses.flatMap(({ license: { id, item, endsAt } }) => {
    if (endsAt === undefined) return [];
    return [{ labels: { license_id: id, item }, value: daysUntil(endsAt, now) }];
  });
}

function itemDaysLeft({ hub, clock }: LicenseSources): Sample<"item">[] {
  const now = clock.now();
  const { state } = hub.current();
  return Array.from(endsByItem(state.profile, state, now), ([item, end]) => ({
    labels: { item },
    value: daysUntil(end, now),
  }));
}

function alerts({ hub, clock, liveAlerts }: LicenseSources): Sample<"kind" | "severity">[] {
  const ofState = alertsOfState(hub.current().state, clock.now());
  const all = [...ofState.filter(isLoud), ...liveAlerts.flatMap((read) => read())];
  const standing = Map.groupBy(all, ({ kind, severity }) => `${kind} ${severity}`);
  return [...standing.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [{ labels: { kind: first.kind, severity: first.severity }, value: 1 + others.length }];
  });
}

/** The labels are those of the product, so that there are never more of them. */
function alertsByName({ hub, clock }: LicenseSources): Sample<"kind" | "subject">[] {
  const { state } = hub.current();
  const loud = alertsOfState(state, clock.now()).filter(isLoud);
  return alertNames(state.profile).map((name) => {
    const stands = loud.some((alert) => isNamed(alert, name));
    return { labels: { ...name }, value: stands ? 1 : 0 };
  });
}

function meter(key: string, amount: bigint): Sample<"meter"> {
  return { labels: { meter: key }, value: Number(amount) };
}
