/**
 * Every migration, oldest first. The list is explicit, so that what runs is what was built. Names
 * are kept by databases: never rename, reorder or edit a released one; add a new one.
 */
import type { Knex } from "knex";
import { store } from "./0001-store.ts";
import { licenses } from "./0002-licenses.ts";
import { licenseRecords } from "./0003-license-records.ts";
import { tokens } from "./0004-tokens.ts";
import { epochs } from "./0005-epochs.ts";
import { reacquisitions } from "./0006-reacquisitions.ts";
import { reminders } from "./0007-reminders.ts";
import { quotas } from "./0008-quotas.ts";
import { capabilityChanges } from "./0009-capability-changes.ts";
import { usbKeys } from "./0010-usb-keys.ts";

/** A migration with the name by which databases remember it. */
export interface NamedMigration extends Knex.Migration {
  readonly name: string;
}

export const MIGRATIONS: readonly NamedMigration[] = [
  { name: "0001-store", ...store },
  { name: "0002-licenses", ...licenses },
  { name: "0003-license-records", ...licenseRecords },
  { name: "0004-tokens", ...tokens },
  { name: "0005-epochs", ...epochs },
  { name: "0006-reacquisitions", ...reacquisitions },
  { name: "0007-reminders", ...reminders },
  { name: "0008-quotas", ...quotas },
  { name: "0009-capability-changes", ...capabilityChanges },
  { name: "0010-usb-keys", ...usbKeys },
];
