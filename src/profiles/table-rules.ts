import { WAYS_BACK } from "../domain/evaluation.ts";
import type { ProfileFile } from "./schema.ts";

/** No row may block the ways back (NS-1). */
export function tableProblems({ table }: Pick<ProfileFile, "table">): readonly string[] {
  return Object.entries(table)
    .filter(([, { operations }]) => WAYS_BACK.some((way) => !operations.includes(way)))
    .map(
      ([situation]) =>
        `table.${situation}.operations: expected ${WAYS_BACK.join(", ")} among them; they are never blocked`,
    );
}
