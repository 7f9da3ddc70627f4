import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";

/** Registers this node, or gives it its new name. Its times are by the database's clock (UK-BU-9). */
export function registerNode(
  knex: Knex,
  node: { readonly id: string; readonly name: string },
): Promise<void> {
  return inDatabase(async () => {
    await knex("nodes")
      .insert({ id: node.id, name: node.name })
      .onConflict("id")
      .merge({ name: node.name, heartbeat_at: nowOf(knex) });
  });
}

/** Renews the heartbeat of a node. */
export function touchNode(knex: Knex, nodeId: string): Promise<void> {
  return inDatabase(async () => {
    await knex("nodes")
      .where({ id: nodeId })
      .update({ heartbeat_at: nowOf(knex) });
  });
}

function nowOf(knex: Knex): Knex.Raw {
  return knex.raw("date_trunc('milliseconds', now())");
}
