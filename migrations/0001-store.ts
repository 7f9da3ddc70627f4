import type { Knex } from "knex";

const TABLES = `
create domain instant as timestamptz
  constraint instant_is_finite check (isfinite(value))
  constraint instant_is_whole_milliseconds check (date_trunc('milliseconds', value) = value);
comment on domain instant is 'An instant in whole milliseconds.';

create table store (
  is_only boolean primary key default true constraint store_has_one_row check (is_only),
  store_id uuid not null default gen_random_uuid(),
  epoch bigint not null default 1 constraint epoch_is_positive check (epoch >= 1),
  revision bigint not null default 0 constraint revision_is_not_negative check (revision >= 0),
  token_revision bigint not null default 0
    constraint token_revision_is_not_negative check (token_revision >= 0),
  last_upload_sequence bigint not null default 0
    constraint last_upload_sequence_is_safe check (last_upload_sequence between 0 and 9007199254740991)
);
comment on table store is
  'One row: the identity of this store and its counters. Every writer locks it first.';
comment on column store.epoch is 'Raised when a restored, older database is put into service.';
comment on column store.revision is 'Raised by one with every committed change of licenses.';
comment on column store.token_revision is 'Raised with every change of tokens.';
comment on column store.last_upload_sequence is
  'Highest upload sequence ever given; none is given twice, also after deletions.';
insert into store default values;

create table nodes (
  id uuid primary key,
  name text not null constraint node_has_name check (name <> ''),
  joined_at instant not null default date_trunc('milliseconds', now()),
  heartbeat_at instant not null default date_trunc('milliseconds', now())
);
comment on table nodes is 'Server processes, by the id in their data directory; times by this database''s clock.';

create table platform (
  is_only boolean primary key default true constraint platform_has_one_row check (is_only),
  thumbprint text not null constraint thumbprint_is_sha256 check (thumbprint ~ '^[A-Za-z0-9_-]{43}$'),
  public_key text not null constraint public_key_is_ed25519 check (public_key ~ '^[A-Za-z0-9_-]{43}$'),
  profile text not null constraint platform_has_profile check (profile <> ''),
  first_start_at instant not null,
  first_start_jws text not null,
  primary_node_id uuid not null references nodes (id)
);
comment on table platform is 'One row: the platform that this store belongs to.';
comment on column platform.first_start_jws is
  'What the platform key signed about the first start; only this carries rights.';
`;

/** Identity of the store, its nodes, and the platform that it belongs to. */
export const store: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLES);
  },
  async down(knex) {
    await knex.raw("drop table platform, nodes, store; drop domain instant;");
  },
};
