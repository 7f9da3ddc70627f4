import type { Knex } from "knex";

const TABLE = `
create table tokens (
  id uuid primary key,
  name text not null constraint token_has_name check (name <> ''),
  role text not null constraint token_role_is_known check (role in ('admin', 'viewer', 'service')),
  sha256 text not null constraint token_is_unique unique
    constraint token_is_hashed check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at instant not null,
  expires_at instant,
  revoked_at instant,
  constraint token_ends_after_its_start check (expires_at > created_at)
);
comment on table tokens is 'Who may call. Tokens themselves are nowhere: only their SHA-256.';
`;

// Servers keep tokens in memory. The trigger lets them notice every change, also one made by hand.
const TRIGGERS = `
create function raise_token_revision() returns trigger language plpgsql as $$
begin
  update store set token_revision = token_revision + 1;
  perform pg_notify('license_revision', store_id || ' ' || epoch || ' ' || revision) from store;
  return null;
end $$;
create trigger tokens_changed after insert or update or delete or truncate on tokens
  for each statement execute function raise_token_revision();
`;

/** The callers' tokens. */
export const tokens: Knex.Migration = {
  async up(knex) {
    await knex.raw(TABLE);
    await knex.raw(TRIGGERS);
  },
  async down(knex) {
    await knex.raw("drop table tokens; drop function raise_token_revision();");
  },
};
