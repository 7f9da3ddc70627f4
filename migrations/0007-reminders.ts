import type { Knex } from "knex";

const TABLE = `
create table put_off_reminders (
  kind text not null,
  subject text not null,
  put_off_at instant not null,
  primary key (kind, subject)
);
comment on table put_off_reminders is
  'Reminders that an administrator put off: each is silent for 24 h from then (ZL-5). They carry no rights.';
`;

/** Reminders that are put off. */
export const reminders: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLE);
  },
  async down(knex) {
    await knex.raw("drop table put_off_reminders;");
  },
};
