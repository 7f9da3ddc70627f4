import type { Knex } from "knex";

const TABLE = `
create table reacquisitions (
  id uuid primary key default gen_random_uuid(),
  reacquired_at instant not null,
  revision bigint not null constraint reacquisition_revision_is_positive check (revision >= 1),
  row_jws text not null,
  node_id uuid not null references nodes (id)
);
comment on table reacquisitions is
  'Instants at which the licenses were re-acquired, which lifts the locks that began before (US-TE-6).';
comment on column reacquisitions.row_jws is
  'What the platform key signed about the instant and the revision; without it the re-acquisition did not happen.';
`;

/** Re-acquisitions of the licenses. */
export const reacquisitions: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLE);
  },
  async down(knex) {
    await knex.raw("drop table reacquisitions;");
  },
};
