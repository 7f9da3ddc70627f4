import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import type { PutOff } from "../domain/put-off.ts";
import { ServiceError } from "../errors.ts";
import { boundsSql } from "./connection.ts";
import { inDatabase, UNREACHABLE } from "./database-errors.ts";
import { type Installation, insertLicense, removeLicense } from "./license-rows.ts";
import { LINEAGE_COLUMNS, type Lineage, type LineageRow, raiseIfRestored } from "./lineage.ts";
import { insertReacquisition, type Reacquisition } from "./reacquisitions.ts";
import { writePutOff } from "./reminders.ts";
import { present, REVISION_CHANNEL, toRevision } from "./revisions.ts";
import { readState } from "./state.ts";
import type { RecordDisposition, Revision, RevisionMark, StoredState } from "./types.ts";
import { readUsbRows, type UsbReading, writeUsbState } from "./usb.ts";
import { toSafeInteger, toTimestamp } from "./values.ts";

/** One write, alone in the store while it runs. Its methods are called one after another. */
export interface StoreTransaction {
  /** The revision that the store has until this write is committed. */
  readonly revision: Revision;
  /** The revision that it will have if this write changes something: signed rows name it. */
  readonly nextRevision: Revision;
  /** What is stored now, changes of this write included. */
  state(): Promise<StoredState>;
  /** A new upload sequence (LI-2). One that is not used is given again; a used one never. */
  nextUploadSequence(): number;
  /** Installs a license and begins its record. */
  installLicense(installation: Installation): Promise<void>;
  /**
   * Removes a license; its record keeps the disposition.
   *
   * @throws ServiceError NOT_FOUND when it is not installed.
   */
  deleteLicense(licenseId: string, disposition: Exclude<RecordDisposition, "installed">): Promise<void>;
  /** Writes that the licenses are re-acquired, with {@link StoreTransaction.nextRevision} (US-TE-6). */
  addReacquisition(reacquisition: Reacquisition): Promise<void>;
  /** Replaces the first start of the platform by an earlier one that it signed as well (EV-8). */
  setFirstStart(at: Instant, jws: string): Promise<void>;
  /** Silences a reminder from an instant on, for as long as `PUT_OFF_MS` says (ZL-5). */
  putOffReminder(putOff: PutOff): Promise<void>;
  /**
   * Runs a part of the write whose failure leaves the rest standing: what it changed is undone when `work` rejects.
   * One at a time.
   *
   * @throws what `work` throws.
   */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /** Whether a license for a USB key was ever installed. */
  hasKeyRecords(): Promise<boolean>;
  /** What is stored of USB keys now. */
  usb(): Promise<UsbReading>;
  /**
   * Writes the first state of the USB keys, signed for {@link StoreTransaction.revision}, where there is none: nothing
   * follows from it, so that it makes no revision.
   */
  beginUsbState(document: string): Promise<void>;
  /** Replaces the signed state of the USB keys. */
  setUsbState(document: string): Promise<void>;
}

/** What a write came to. */
export interface Written<T> {
  readonly result: T;
  /** The revision from which on its changes are seen. */
  readonly revision: Revision;
}

/**
 * Runs `work` as one transaction, all or nothing. Writers of all nodes wait for each other at the
 * `store` row, so what `work` reads holds until it is committed. A change raises the revision by one
 * and is announced on {@link REVISION_CHANNEL} once committed.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE, also when the connection was lost while committing:
 *   then nobody knows whether the change was made, and the caller repeats it; what `work` throws.
 */
export function write<T>(
  knex: Knex,
  lineage: Lineage,
  work: (tx: StoreTransaction) => Promise<T>,
): Promise<Written<T>> {
  let isCommitting = false;
  const transaction = async (trx: Knex.Transaction): Promise<Written<T>> => {
    await trx.raw(boundsSql("transaction"));
    // Nothing is added to a restored database before its epoch is raised.
    await raiseIfRestored(trx, lineage);
    const changes = new Changes(trx, await readCounters(trx));
    const result = await work(changes);
    if (changes.isChanged) await announce(trx, changes);
    isCommitting = changes.isChanged;
    return { result, revision: changes.isChanged ? changes.nextRevision : changes.revision };
  };
  return inDatabase(
    () => knex.transaction(transaction),
    () => (isCommitting ? OUTCOME_UNKNOWN : UNREACHABLE),
  );
}

const OUTCOME_UNKNOWN =
  "The database was lost while the change was committed, so it may have been made: ask again.";

type Counters = LineageRow & { readonly last_upload_sequence: string };

/** The counters, once the row is locked. */
async function readCounters(trx: Knex.Transaction): Promise<Counters> {
  return present(await trx("store").first<Counters>(...LINEAGE_COLUMNS, "last_upload_sequence"));
}

async function announce(trx: Knex.Transaction, changes: Changes): Promise<void> {
  const { id, storeId, epoch, revision } = changes.nextMark;
  await trx("revisions").insert({ id, epoch: epoch.toString(), revision: revision.toString() });
  await trx("store").update({
    revision: revision.toString(),
    revision_id: id,
    last_upload_sequence: changes.lastUploadSequence,
  });
  await trx.raw("select pg_notify(?, ?)", [REVISION_CHANNEL, `${storeId} ${epoch} ${revision}`]);
}

class Changes implements StoreTransaction {
  readonly revision: Revision;
  readonly nextRevision: Revision;
  /** The next revision, with the id of the state that this write makes. */
  readonly nextMark: RevisionMark;
  readonly #mark: RevisionMark;
  readonly #trx: Knex.Transaction;
  /** Highest upload sequence that is in use, here or in an earlier write. */
  #lastUploadSequence: number;
  #givenUploadSequence: number;
  #isChanged = false;

  constructor(trx: Knex.Transaction, counters: Counters) {
    this.#trx = trx;
    this.revision = toRevision(counters);
    this.nextRevision = { ...this.revision, revision: this.revision.revision + 1n };
    this.nextMark = { ...this.nextRevision, id: randomUUID() };
    this.#mark = { ...this.revision, id: counters.revision_id };
    this.#lastUploadSequence = toSafeInteger(counters.last_upload_sequence);
    this.#givenUploadSequence = this.#lastUploadSequence;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  get lastUploadSequence(): number {
    return this.#lastUploadSequence;
  }

  state(): Promise<StoredState> {
    return readState(this.#trx, this.#isChanged ? this.nextMark : this.#mark);
  }

  nextUploadSequence(): number {
    this.#givenUploadSequence += 1;
    return this.#givenUploadSequence;
  }

  async installLicense(installation: Installation): Promise<void> {
    const { uploadSequence } = installation;
    if (uploadSequence <= this.#lastUploadSequence || uploadSequence > this.#givenUploadSequence) {
      throw new RangeError(`upload sequence ${uploadSequence} was not given by this write, or is used`);
    }
    this.#isChanged = true;
    this.#lastUploadSequence = uploadSequence;
    await insertLicense(this.#trx, installation);
  }

  async deleteLicense(
    licenseId: string,
    disposition: Exclude<RecordDisposition, "installed">,
  ): Promise<void> {
    const wasInstalled = await removeLicense(this.#trx, licenseId, disposition);
    if (!wasInstalled) throw new ServiceError("NOT_FOUND", "The license is not installed.");
    this.#isChanged = true;
  }

  async addReacquisition(reacquisition: Reacquisition): Promise<void> {
    this.#isChanged = true;
    await insertReacquisition(this.#trx, reacquisition, this.nextRevision.revision);
  }

  async setFirstStart(at: Instant, jws: string): Promise<void> {
    this.#isChanged = true;
    await this.#trx("platform").update({ first_start_at: toTimestamp(at), first_start_jws: jws });
  }

  async putOffReminder(putOff: PutOff): Promise<void> {
    this.#isChanged = true;
    await writePutOff(this.#trx, putOff);
  }

  async attempt<T>(work: () => Promise<T>): Promise<T> {
    const before = { isChanged: this.#isChanged, last: this.#lastUploadSequence };
    await this.#trx.raw("savepoint attempt");
    try {
      const result = await work();
      await this.#trx.raw("release savepoint attempt");
      return result;
    } catch (error) {
      await this.#trx.raw("rollback to savepoint attempt");
      this.#isChanged = before.isChanged;
      this.#lastUploadSequence = before.last;
      throw error;
    }
  }

  async hasKeyRecords(): Promise<boolean> {
    return (await this.#trx("license_records").first("id").where({ method: "usb-key" })) !== undefined;
  }

  usb(): Promise<UsbReading> {
    return readUsbRows(this.#trx);
  }

  beginUsbState(document: string): Promise<void> {
    return writeUsbState(this.#trx, document);
  }

  async setUsbState(document: string): Promise<void> {
    this.#isChanged = true;
    await writeUsbState(this.#trx, document);
  }
}
