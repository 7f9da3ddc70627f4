import type { Knex } from "knex";
import { PUT_OFF_MS, type PutOff } from "../domain/put-off.ts";
import { toInstant, toTimestamp } from "./values.ts";

/** Puts a reminder off from an instant on; rows that silence nothing any more go with it. */
export async function writePutOff(trx: Knex.Transaction, { kind, subject, putOffAt }: PutOff): Promise<void> {
  await trx("put_off_reminders")
    .where("put_off_at", "<=", toTimestamp(putOffAt - PUT_OFF_MS))
    .del();
  await trx("put_off_reminders")
    .insert({ kind, subject, put_off_at: toTimestamp(putOffAt) })
    .onConflict(["kind", "subject"])
    .merge();
}

/** Every row, also of reminders whose day is over. */
export async function readPutOffs(trx: Knex.Transaction): Promise<PutOff[]> {
  const rows: { kind: string; subject: string; put_off_at: Date }[] = await trx("put_off_reminders")
    .select("kind", "subject", "put_off_at")
    .orderBy(["kind", "subject"]);
  return rows.map(({ kind, subject, put_off_at }) => ({ kind, subject, putOffAt: toInstant(put_off_at) }));
}
