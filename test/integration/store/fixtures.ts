/** A store of its own for each test, and licenses to put into it. */
import { randomUUID } from "node:crypto";
import type { ExecutionContext } from "ava";
import type { Knex } from "knex";
import type { License } from "../../../src/domain/license.ts";
import { openDatabase } from "../../../src/store/open-database.ts";
import { createStore, type Store } from "../../../src/store/store.ts";
import type { PlatformRow } from "../../../src/store/types.ts";
import type { StoreTransaction, Written } from "../../../src/store/write.ts";
import { createTestDatabase } from "../../helpers/database.ts";

/** A store with one node and one platform. */
export interface TestStore {
  readonly url: string;
  /** The pool below the store, for raw SQL. */
  readonly knex: Knex;
  readonly store: Store;
  readonly nodeId: string;
  readonly platform: PlatformRow;
  /** Installs one license in a write of its own. */
  install(license?: License): Promise<Written<License>>;
}

/** Instant at which the fixtures' licenses are uploaded. */
export const UPLOADED_AT = Date.parse("2026-03-04T05:06:07.089Z");

/** An empty, migrated database that is dropped after the test. */
export async function openTestDatabase(t: ExecutionContext): Promise<string> {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  return database.url;
}

/** A pool that is ended after the test. */
export async function openTestPool(t: ExecutionContext, url: string): Promise<Knex> {
  const knex = await openDatabase(url, { log: (line) => t.log(line) });
  t.teardown(() => knex.destroy());
  return knex;
}

/** A store in a database of its own. */
export async function openTestStore(t: ExecutionContext): Promise<TestStore> {
  const url = await openTestDatabase(t);
  const knex = await openTestPool(t, url);
  const store = createStore(knex);
  const nodeId = randomUUID();
  await store.registerNode({ id: nodeId, name: "node-1" });
  const platform = await store.registerPlatform(platformRow(nodeId));
  const install = (license = makeLicense()) =>
    store.write(async (tx) => {
      await installIn(tx, license, nodeId);
      return license;
    });
  return { url, knex, store, nodeId, platform, install };
}

/** Installs a license in a running write, and answers its upload sequence. */
export async function installIn(tx: StoreTransaction, license: License, nodeId: string): Promise<number> {
  const uploadSequence = tx.nextUploadSequence();
  await tx.installLicense({
    license,
    signedBytes: `header.${license.jti}.signature`,
    uploadSequence,
    sequenceJws: `row.${uploadSequence}.${tx.nextRevision.revision}`,
    uploadedAt: UPLOADED_AT,
    nodeId,
  });
  return uploadSequence;
}

/** The row of a platform. */
export function platformRow(primaryNodeId: string): PlatformRow {
  return {
    thumbprint: "t".repeat(43),
    publicKey: "k".repeat(43),
    profile: "zstack-cloud",
    firstStartAt: Date.parse("2026-01-02T03:04:05.006Z"),
    firstStartJws: "first.start.row",
    primaryNodeId,
  };
}

/** A license with a number of its own. */
export function makeLicense(differences: Partial<License> = {}): License {
  return {
    id: randomUUID(),
    issuer: "vendor.example",
    jti: `L-${randomUUID()}`,
    profile: "zstack-cloud",
    item: "base",
    edition: "enterprise",
    term: "paid",
    fromEdition: undefined,
    binding: { method: "request-code" },
    issuedAt: Date.parse("2026-01-01T00:00:00Z"),
    startsAt: Date.parse("2026-01-01T00:00:00Z"),
    endsAt: Date.parse("2027-01-01T00:00:00Z"),
    quotas: new Map([["cpus", 16n]]),
    serviceEndsAt: undefined,
    customer: "Example Ltd.",
    productName: "Example Cloud",
    contractNumber: "C-1",
    authorizationCode: "3130-1",
    ...differences,
  };
}

/** Ends connections of the database by force, as a failover does; answers how many. */
export async function terminateConnections(knex: Knex, applicationName: string): Promise<number> {
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = ? and pid <> pg_backend_pid()`,
    [applicationName],
  );
  return rows.length;
}
