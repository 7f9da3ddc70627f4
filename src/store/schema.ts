/** What the migrations make, by name: what a login needs rights on, beside the schema itself. */

/** Tables of the service. Those of knex, which only migrations write, are not among them. */
export const SERVICE_TABLES = [
  "epochs",
  "license_record_total",
  "license_records",
  "licenses",
  "nodes",
  "platform",
  "revisions",
  "store",
  "tokens",
] as const;

/** Tables in which knex keeps what was migrated. */
export const MIGRATION_TABLES = ["knex_migrations", "knex_migrations_lock"] as const;

/** Functions of the service; all take no arguments. */
export const SERVICE_FUNCTIONS = ["count_license_records", "raise_token_revision"] as const;
