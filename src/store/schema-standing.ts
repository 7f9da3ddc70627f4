/** How the schema of a database stands to this program: found out by reading alone, so that any login may ask. */
import type { Knex } from "knex";
import { MIGRATIONS, type NamedMigration } from "../../migrations/index.ts";
import { StartupError } from "../errors.ts";
import { outsideText } from "../license-file/outside-text.ts";
import { present } from "./revisions.ts";
import { SERVICE_TABLES } from "./schema.ts";

/** What was migrated, and what this login may do with it. */
export interface SchemaStanding {
  /** Migrations of this program that the database lacks, the oldest first. */
  readonly pending: readonly string[];
  /** Migrations of the database that this program does not know, the oldest first. */
  readonly unknown: readonly string[];
  /** Tables of a current schema that this login may not read and write. */
  readonly closedTables: readonly string[];
  /** Name of this login's role. */
  readonly role: string;
}

/**
 * Reads how the schema stands; changes nothing.
 *
 * @throws the error of the database: 42501 when the login may not even read what was migrated.
 */
export async function readSchemaStanding(
  knex: Knex,
  migrations: readonly NamedMigration[] = MIGRATIONS,
): Promise<SchemaStanding> {
  const { rows } = await knex.raw<{ rows: { is_migrated: boolean; role: string }[] }>(LOGIN);
  const { is_migrated, role } = present(rows[0]);
  const applied: string[] = is_migrated ? await knex("knex_migrations").orderBy("id").pluck("name") : [];
  const known = migrations.map(({ name }) => name);
  return {
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
    closedTables: await readClosedTables(knex, role),
    role,
  };
}

// The schema is found by the search path, as every statement of the service finds it.
const LOGIN = "select to_regclass('knex_migrations') is not null as is_migrated, current_user as role";

/** Tables of the service that are there, and that a role may not read and write; ascending. */
export async function readClosedTables(knex: Knex, role: string): Promise<readonly string[]> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(CLOSED, [[...SERVICE_TABLES], role]);
  return rows.map(({ name }) => name);
}

// Asked one by one: of a list, any one would do.
const CLOSED = `
  with wanted as (select name, to_regclass(name) as id from unnest(?::text[]) name)
  select distinct name from wanted, unnest(array['select', 'insert', 'update', 'delete']) needed
  where id is not null and not has_table_privilege(?::name, id, needed) order by name`;

/** Refuses a database that a newer program migrated. @throws StartupError `schemaTooNew`. */
export function refuseNewerSchema({ unknown }: Pick<SchemaStanding, "unknown">): void {
  if (unknown.length === 0) return;
  throw new StartupError(
    "schemaTooNew",
    `The database's schema is newer than this program: it has ${unknown.length} unknown migration(s), the last one ${shownName(unknown.at(-1))}. Start the version that made it, or a later one.`,
  );
}

/** The refusal of a schema that lacks migrations, which this process must not or may not make up for. */
export function schemaTooOld(
  { pending }: Pick<SchemaStanding, "pending">,
  why: string,
  cause?: unknown,
): StartupError {
  return new StartupError(
    "schemaTooOld",
    `The database's schema is older than this program: it lacks ${pending.length} migration(s), the first one ${shownName(pending[0])}, and ${why}. Run licensectl migrate with the login that owns the schema.`,
    { cause },
  );
}

/** Refuses a login that lacks rights on the tables. @throws StartupError `databaseLoginRefused`. */
export function refuseClosedTables({ closedTables, role }: SchemaStanding): void {
  if (closedTables.length === 0) return;
  throw new StartupError(
    "databaseLoginRefused",
    `The login ${outsideText(role)} may not read and write ${closedTables.join(", ")}. Let the owner of the schema run licensectl migrate --grant-to ${outsideText(role)}.`,
  );
}

function shownName(name = ""): string {
  return JSON.stringify(outsideText(name, 60));
}
