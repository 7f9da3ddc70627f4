import type { Knex } from "knex";

// The mark says up to where the history goes: every writer moves it, under its row lock and only from the
// version that it read, so that rivals record a change once and a kill leaves all of it or nothing. The
// number of the last change is in it, too: a sequence of PostgreSQL would leave gaps.
const TABLES = `
create table capability_history (
  is_only boolean primary key default true constraint capability_history_has_one_row check (is_only),
  version bigint not null default 1,
  last_sequence bigint not null default 0,
  epoch bigint not null,
  revision bigint not null,
  usage_revision bigint not null,
  evaluated_at instant not null,
  upload_sequences bigint[] not null,
  reacquired_at instant,
  tampered_hash text not null,
  profile text not null,
  product_version text not null,
  program_version text not null,
  outcomes jsonb not null constraint capability_history_has_outcomes check (jsonb_typeof(outcomes) = 'object'),
  node_id uuid not null
);
comment on table capability_history is
  'One row, from the first evaluation on: what capability_changes goes up to. It carries no rights.';
comment on column capability_history.outcomes is 'State, reason and operations of every capability, by key.';

create table capability_changes (
  sequence bigint primary key constraint change_sequence_is_positive check (sequence >= 1),
  effective_at instant not null,
  recorded_at instant not null,
  key text not null constraint change_has_key check (key <> ''),
  state_before text not null,
  reason_before text not null,
  state_after text not null,
  reason_after text not null,
  operations_after text[] not null,
  cause text not null constraint change_cause_is_known check (cause in ('TIME', 'UPLOAD', 'DELETION',
    'USAGE', 'REACQUISITION', 'RESTORE', 'TAMPERING', 'CONFIGURATION')),
  license_ids uuid[] not null,
  explanation text not null,
  epoch bigint not null,
  revision bigint not null,
  node_id uuid not null
);
comment on table capability_changes is
  'Every effective change of a capability, recorded once for the platform. Outlives licenses and nodes.';
create index capability_changes_by_key on capability_changes (key, sequence);
create index capability_changes_by_time on capability_changes (effective_at);
`;

/** The history of effective changes, and the mark that says up to where it goes. */
export const capabilityChanges: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLES);
  },
  async down(knex) {
    await knex.raw("drop table capability_changes, capability_history;");
  },
};
