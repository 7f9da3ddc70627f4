/** What the migrations make, by name: what a login needs rights on, beside the schema itself. */

/** Tables of the service. Those of knex, which only migrations write, are not among them. */
export const SERVICE_TABLES = [
  "capability_changes",
  "capability_history",
  "epochs",
  "license_record_total",
  "license_records",
  "licenses",
  "nodes",
  "platform",
  "put_off_reminders",
  "reacquisitions",
  "quota_reports",
  "quota_reservations",
  "quota_totals",
  "revisions",
  "store",
  "tokens",
  "usb_scan_requests",
  "usb_sights",
  "usb_state",
] as const;

/** Tables in which knex keeps what was migrated. */
export const MIGRATION_TABLES = ["knex_migrations", "knex_migrations_lock"] as const;

/** Functions of the service; no two have one name. */
export const SERVICE_FUNCTIONS = [
  "count_license_records",
  "end_due_leases",
  "end_leases",
  "quota_sum",
  "quota_used",
  "raise_token_revision",
  "settle_usage",
] as const;

/** Procedures of the service; no two have one name. */
export const SERVICE_PROCEDURES = [
  "commit_reservation",
  "release_reservation",
  "report_usage",
  "reserve_quota",
] as const;
