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
];
