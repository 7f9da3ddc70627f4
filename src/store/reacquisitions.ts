import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import type { StoredReacquisition } from "./types.ts";
import { toInstant, toTimestamp } from "./values.ts";

/** What it takes to write a re-acquisition (US-TE-6). */
export interface Reacquisition {
  readonly reacquiredAt: Instant;
  /** Signed row (EV-8) over the instant and the revision of this very write. */
  readonly rowJws: string;
  /** Node that re-acquired. */
  readonly nodeId: string;
}

/** Writes a re-acquisition. @param revision the one that the write makes */
export async function insertReacquisition(
  trx: Knex.Transaction,
  { reacquiredAt, rowJws, nodeId }: Reacquisition,
  revision: bigint,
): Promise<void> {
  await trx("reacquisitions").insert({
    reacquired_at: toTimestamp(reacquiredAt),
    revision: revision.toString(),
    row_jws: rowJws,
    node_id: nodeId,
  });
}

/** Every re-acquisition, ascending by instant. */
export async function readReacquisitions(trx: Knex.Transaction): Promise<StoredReacquisition[]> {
  const rows: ReacquisitionColumns[] = await trx("reacquisitions")
    .select("id", "reacquired_at", "revision", "row_jws")
    .orderBy(["reacquired_at", "id"]);
  return rows.map((row) => ({
    id: row.id,
    reacquiredAt: toInstant(row.reacquired_at),
    revision: BigInt(row.revision),
    rowJws: row.row_jws,
  }));
}

/** bigint columns come as text. */
interface ReacquisitionColumns {
  readonly id: string;
  readonly reacquired_at: Date;
  readonly revision: string;
  readonly row_jws: string;
}
