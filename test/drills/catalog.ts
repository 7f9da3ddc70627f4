import { abuse } from "./abuse/abuse.ts";
import type { Drill } from "./drill.ts";
import { failover } from "./failover/failover.ts";
import { kills } from "./kills.ts";
import { namespace } from "./namespace/namespace.ts";
import { outage } from "./outage/outage.ts";
import { pgbouncer } from "./pgbouncer/pgbouncer.ts";
import { races } from "./races.ts";
import { readonly } from "./readonly.ts";
import { restore } from "./restore/restore.ts";

/** All drills. */
export const DRILLS: readonly Drill[] = [
  kills,
  races,
  outage,
  failover,
  readonly,
  restore,
  abuse,
  pgbouncer,
  namespace,
];
