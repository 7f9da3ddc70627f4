import type { Knex } from "knex";

// The indexes are the three orders of GetLicenseRecords (AP-3), each read in both directions. "No
// end" is infinity in its index, so that one row comparison finds the next page under every order;
// ends_at is included so that passing over many rows needs the index alone.
const TABLES = `
create table license_records (
  id uuid primary key default gen_random_uuid(),
  license_id uuid not null,
  item text not null,
  edition text,
  term text not null constraint record_term_is_known
    check (term in ('trial', 'paid', 'temporary', 'formal')),
  method text not null constraint record_method_is_known check (method in ('request-code', 'usb-key')),
  disposition text not null default 'installed' constraint record_disposition_is_known
    check (disposition in ('installed', 'deleted', 'uninstalled', 'revoked')),
  issued_at instant not null,
  starts_at instant not null,
  ends_at instant,
  uploaded_at instant not null,
  upload_sequence bigint not null constraint record_upload_sequence_is_unique unique
    constraint record_upload_sequence_is_safe check (upload_sequence between 1 and 9007199254740991),
  customer text not null,
  product_name text not null,
  contract_number text not null,
  quotas jsonb not null constraint record_quotas_is_object check (jsonb_typeof(quotas) = 'object'),
  node_id uuid not null references nodes (id),
  constraint record_window_is_not_empty check (ends_at > starts_at)
);
comment on table license_records is
  'Authorization history: one row for each time that a license was installed. Outlives the license.';
comment on column license_records.quotas is 'Decimal strings by unit: JSON numbers are not exact beyond 2^53.';
create index license_records_by_upload on license_records (uploaded_at, id);
create index license_records_by_issue on license_records (issued_at, id);
create index license_records_by_end
  on license_records (coalesce(ends_at, timestamptz 'infinity'), id) include (ends_at);
create unique index license_records_installed on license_records (license_id) where disposition = 'installed';

create table license_record_total (
  is_only boolean primary key default true constraint license_record_total_has_one_row check (is_only),
  total bigint not null default 0 constraint license_record_total_is_not_negative check (total >= 0)
);
comment on table license_record_total is
  'One row: how many license_records there are, kept by triggers, for count(*) reads them all.';
insert into license_record_total default values;
`;

// By statement, not by row: one update of the one row, however many records a statement touches.
const TRIGGERS = `
create function count_license_records() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update license_record_total set total = total + (select count(*) from changed);
  elsif tg_op = 'DELETE' then
    update license_record_total set total = total - (select count(*) from changed);
  else
    update license_record_total set total = 0;
  end if;
  return null;
end $$;
create trigger license_records_inserted after insert on license_records
  referencing new table as changed for each statement execute function count_license_records();
create trigger license_records_deleted after delete on license_records
  referencing old table as changed for each statement execute function count_license_records();
create trigger license_records_truncated after truncate on license_records
  for each statement execute function count_license_records();
`;

/** The authorization history and its total. */
export const licenseRecords: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLES);
    await knex.raw(TRIGGERS);
  },
  async down(knex) {
    await knex.raw(
      "drop table license_records, license_record_total; drop function count_license_records();",
    );
  },
};
