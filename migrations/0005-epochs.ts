import type { Knex } from "knex";

// A revision number alone cannot tell a restored database that went on from one that never was restored:
// so each committed state has an id of its own, and a node can ask whether the state that it saw last is
// one of this database's past.
const TABLES = `
alter table store add column revision_id uuid not null default gen_random_uuid();
comment on column store.revision_id is 'Names the committed state that the revision counts.';

create table revisions (
  id uuid primary key,
  epoch bigint not null,
  revision bigint not null,
  committed_at instant not null default date_trunc('milliseconds', now()),
  constraint revision_is_counted_once unique (epoch, revision)
);
comment on table revisions is 'Every state that this store ever had, by the id that nodes remember it by.';
insert into revisions (id, epoch, revision) select revision_id, epoch, revision from store;

create table epochs (
  epoch bigint primary key,
  raised_at instant not null default date_trunc('milliseconds', now()),
  raised_by_node_id uuid not null references nodes (id),
  found_epoch bigint not null,
  found_revision bigint not null,
  seen_epoch bigint not null,
  seen_revision bigint not null
);
comment on table epochs is
  'Each restore of an older state that a node noticed: what it found, and what it had seen before.';

alter table nodes add column version text not null default '';
comment on column nodes.version is 'Version of the program that the node runs; empty: not known.';
`;

/** What nodes notice a restored database by, and the version that each of them runs. */
export const epochs: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLES);
  },
  async down(knex) {
    await knex.raw(
      "drop table epochs, revisions; alter table store drop column revision_id; alter table nodes drop column version;",
    );
  },
};
