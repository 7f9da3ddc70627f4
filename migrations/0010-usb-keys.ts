import type { Knex } from "knex";

// The history of removals decides whether a buffer runs, so no row of it may be taken away unnoticed: all of it
// is one signed document in one row. What nodes see in their ports is renewed every few seconds and raises no
// revision; each node has a row of its own.
const TABLES = `
create table usb_state (
  is_only boolean primary key default true constraint usb_state_has_one_row check (is_only),
  document text
);
comment on table usb_state is 'One row: which USB keys give rights, when each was removed, and what it carried.';
comment on column usb_state.document is
  'Signed by the platform key (EV-8). Null only until the first node has started: else it counts as changed by hand.';
insert into usb_state default values;

create table usb_sights (
  node_id uuid primary key references nodes (id) on delete cascade,
  document text not null
);
comment on table usb_sights is 'What each node saw last in its USB ports.';
comment on column usb_sights.document is
  'Signed by the platform key (EV-8): what does not verify counts as a node that has seen nothing.';

create table usb_scan_requests (
  is_only boolean primary key default true constraint usb_scan_requests_has_one_row check (is_only),
  latest bigint not null default 0
    constraint usb_scan_request_is_safe check (latest between 0 and 9007199254740991)
);
comment on table usb_scan_requests is 'One row: the number of the latest scan that a reload asked every node for.';
insert into usb_scan_requests default values;

alter table license_records drop constraint record_disposition_is_known;
alter table license_records add constraint record_disposition_is_known
  check (disposition in ('installed', 'deleted', 'uninstalled', 'revoked', 'replaced'));

alter table capability_changes drop constraint change_cause_is_known;
alter table capability_changes add constraint change_cause_is_known check (cause in ('TIME', 'UPLOAD', 'DELETION',
  'USAGE', 'REACQUISITION', 'RESTORE', 'TAMPERING', 'CONFIGURATION', 'USB_KEY'));
alter table capability_history add column usb_hash text not null default '';
comment on column capability_history.usb_hash is
  'Stands for the USB keys that give rights and the buffers that are not void; empty: there is none.';
`;

const DOWN = `
update license_records set disposition = 'deleted' where disposition = 'replaced';
alter table license_records drop constraint record_disposition_is_known;
alter table license_records add constraint record_disposition_is_known
  check (disposition in ('installed', 'deleted', 'uninstalled', 'revoked'));
alter table capability_history drop column usb_hash;
update capability_changes set cause = 'CONFIGURATION' where cause = 'USB_KEY';
alter table capability_changes drop constraint change_cause_is_known;
alter table capability_changes add constraint change_cause_is_known check (cause in ('TIME', 'UPLOAD', 'DELETION',
  'USAGE', 'REACQUISITION', 'RESTORE', 'TAMPERING', 'CONFIGURATION'));
drop table usb_state, usb_sights, usb_scan_requests;
`;

/** USB keys: what they give, what nodes see of them, and how their licenses leave. */
export const usbKeys: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLES);
  },
  async down(knex) {
    await knex.raw(DOWN);
  },
};
