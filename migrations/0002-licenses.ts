import type { Knex } from "knex";

const TABLES = `
create table licenses (
  id uuid primary key,
  signed_bytes text not null constraint license_has_signed_bytes check (signed_bytes <> ''),
  upload_sequence bigint not null constraint license_upload_sequence_is_unique unique
    constraint license_upload_sequence_is_safe check (upload_sequence between 1 and 9007199254740991),
  sequence_jws text not null,
  uploaded_at instant not null,
  uploaded_by_node_id uuid not null references nodes (id),
  issuer text not null,
  jti text not null,
  item text not null,
  edition text,
  term text not null constraint license_term_is_known
    check (term in ('trial', 'paid', 'temporary', 'formal')),
  method text not null constraint license_method_is_known check (method in ('request-code', 'usb-key')),
  usb_key_id text,
  issued_at instant not null,
  starts_at instant not null,
  ends_at instant,
  constraint license_number_is_unique unique (issuer, jti),
  constraint license_number_fits_its_index check (octet_length(issuer) <= 1024 and octet_length(jti) <= 1024),
  constraint license_window_is_not_empty check (ends_at > starts_at),
  constraint license_names_its_key check ((method = 'usb-key') = (usb_key_id is not null))
);
comment on table licenses is
  'Installed licenses. Only signed_bytes and sequence_jws carry rights; issuer to ends_at are a cache of the claims.';
comment on column licenses.sequence_jws is
  'What the platform key signed about the upload sequence; without it the license does not run.';
`;

/** Installed licenses. */
export const licenses: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLES);
  },
  async down(knex) {
    await knex.raw("drop table licenses;");
  },
};
