import type { Knex } from "knex";
import { StartupError } from "../../errors.ts";
import { readSchemaStanding, refuseClosedTables, refuseNewerSchema } from "../../store/schema-standing.ts";
import { isRightMissing, reasonOf } from "../../store/startup-failure.ts";
import { counted } from "../render/terms.ts";
import { type Finding, fail, ok } from "./check.ts";

/** Whether the schema is this program's, and this login may use it. */
export async function checkSchema(knex: Knex): Promise<Finding> {
  try {
    const standing = await readSchemaStanding(knex);
    refuseNewerSchema(standing);
    if (standing.pending.length > 0) {
      const seen = `The schema lacks ${counted(standing.pending.length, "migration")}: ${standing.pending.join(", ")}.`;
      return fail(seen, "Run licensectl migrate with the login that owns the schema.");
    }
    refuseClosedTables(standing);
    return ok("the schema is this program's");
  } catch (error) {
    if (error instanceof StartupError || !isRightMissing(error)) throw error;
    return fail(
      `This login may not look at the schema: ${reasonOf(error)}.`,
      "Let the owner of the schema run licensectl migrate --grant-to with the name of its role.",
    );
  }
}
