import type { Knex } from "knex";
import { StartupError } from "../errors.ts";
import { MIGRATION_TABLES, SERVICE_FUNCTIONS, SERVICE_PROCEDURES, SERVICE_TABLES } from "./schema.ts";
import { readClosedTables } from "./schema-standing.ts";

/** Rights that a serving login needs, in the words of SQL. */
export interface NeededRight {
  readonly rights: string;
  readonly kind: "schema" | "table" | "function" | "procedure";
  /** Names within the schema; none: the schema itself. */
  readonly names: readonly string[];
}

/** Exactly what the service needs to serve: it changes no schema, and of knex's tables it reads one. */
export const NEEDED_RIGHTS: readonly NeededRight[] = [
  { rights: "usage", kind: "schema", names: [] },
  { rights: "select, insert, update, delete", kind: "table", names: SERVICE_TABLES },
  { rights: "select", kind: "table", names: MIGRATION_TABLES },
  { rights: "execute", kind: "function", names: SERVICE_FUNCTIONS },
  { rights: "execute", kind: "procedure", names: SERVICE_PROCEDURES },
];

/** Whether a role of this name exists. */
export async function hasRole(knex: Knex, role: string): Promise<boolean> {
  return (await knex("pg_roles").first("rolname").where({ rolname: role })) !== undefined;
}

/**
 * Grants a role {@link NEEDED_RIGHTS} on a current schema, all or nothing. Rights that it has stay.
 *
 * @param role any name; it is quoted here.
 * @throws StartupError `databaseLoginRefused` when this login may not grant them; the error of the database:
 *   42501 for the same, 42704 when there is no such role.
 */
export async function grantServing(knex: Knex, role: string): Promise<void> {
  await knex.transaction(async (trx) => {
    const schema = await schemaOfStore(trx);
    for (const right of NEEDED_RIGHTS) {
      await trx.raw(`grant ${right.rights} on ${right.kind} ${thingsOf(right, schema)} to ${quoted(role)}`);
    }
    // Of a right that this login may not hand on, PostgreSQL only warns.
    if ((await readClosedTables(trx, role)).length > 0) throw mayNotGrant();
  });
}

function mayNotGrant(): StartupError {
  return new StartupError(
    "databaseLoginRefused",
    "This login may use the tables but not grant rights on them. Use the login that owns the schema.",
  );
}

function thingsOf({ kind, names }: NeededRight, schema: string): string {
  if (kind === "schema") return quoted(schema);
  return names.map((name) => `${quoted(schema)}.${quoted(name)}`).join(", ");
}

/** By hand: knex would read a dot as a path, and a question mark as a value to come. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""').replaceAll("?", "\\?")}"`;
}

/** The schema that the search path leads to; "public" unless the database's owner set it up otherwise. */
async function schemaOfStore(knex: Knex): Promise<string> {
  const { rows } = await knex.raw<{ rows: { schema: string }[] }>(
    "select nspname as schema from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = 'store'::regclass",
  );
  return rows[0]?.schema ?? "public";
}
