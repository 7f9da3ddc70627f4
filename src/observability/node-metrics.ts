import type { Registry } from "prom-client";
import type { Instant } from "../domain/license.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { PoolUse } from "../store/pool-use.ts";
import type { LicenseSources } from "./license-metrics.ts";
import { addGauge, addGauges } from "./read-gauge.ts";

/** What metrics of a node are read from, at every scrape. */
export interface NodeSources extends LicenseSources {
  readonly hub: Pick<SnapshotHub, "current" | "evaluation" | "readAt">;
  /** Connections of the database pool. */
  readonly pool: () => PoolUse;
  /** When the server's certificate ends; `undefined`: it serves without TLS. */
  readonly certificateEndsAt: () => Instant | undefined;
}

/** Adds metrics of a node's snapshot, database and certificate to a registry. */
export function addNodeMetrics(registry: Registry, sources: NodeSources): void {
  const { hub, clock, pool, certificateEndsAt } = sources;
  const secondsSince = (instant: Instant) => Math.max(0, clock.now() - instant) / 1000;
  const revision = () => hub.current().state.revision;
  const staleSince = () => hub.current().staleSince;
  const add = (name: string, help: string, read: () => number | undefined) =>
    addGauge(registry, name, help, read);
  add(
    "license_snapshot_epoch",
    "Epoch of the state that the node answers from; it rises when an older database is restored.",
    () => Number(revision().epoch),
  );
  add(
    "license_snapshot_revision",
    "Revision of the state that the node answers from; it rises with every change.",
    () => Number(revision().revision),
  );
  add(
    "license_snapshot_age_seconds",
    "Seconds since the whole state was last read from the database; at rest it is read once a minute.",
    () => secondsSince(hub.readAt),
  );
  add(
    "license_snapshot_evaluated_age_seconds",
    "Seconds since the rights were last evaluated; at rest that is at every read and at every change that time brings.",
    () => secondsSince(hub.current().evaluation.at),
  );
  add(
    "license_database_up",
    "1 while the database answers; 0: answers come from the last state read, and writes are refused.",
    () => (staleSince() === undefined ? 1 : 0),
  );
  add(
    "license_database_stale_seconds",
    "Seconds since the database stopped answering; 0 while it answers.",
    () => secondsSince(staleSince() ?? clock.now()),
  );
  addGauges(registry, POOL, () => {
    const { used, free } = pool();
    return [
      { labels: { state: "used" }, value: used },
      { labels: { state: "free" }, value: free },
    ];
  });
  add(
    "license_database_pool_waiting",
    "Calls that wait for a connection of the database pool.",
    () => pool().waiting,
  );
  add(
    "license_server_certificate_end_seconds",
    "When the server's certificate ends, in seconds since 1970; none without TLS.",
    () => {
      const end = certificateEndsAt();
      return end === undefined ? undefined : end / 1000;
    },
  );
}

const POOL = {
  name: "license_database_pool_connections",
  help: "Open connections of the database pool, by whether they are in use.",
  labels: ["state"],
} as const;
