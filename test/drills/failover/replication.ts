/** A primary and its synchronous standby, made by cold copies: the npm package of PostgreSQL has no pg_basebackup. */
import { chmod, chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CLUSTER_USER, withClient } from "../../../src/store/embedded/connection.ts";
import type { DrillCluster, DrillGround } from "../parts/cluster.ts";

/** An answered commit is on the disk of the standby as well. */
const SYNCHRONOUS = { synchronous_standby_names: "*", synchronous_commit: "on" };

const ATTACH_MS = 30_000;

/** Stops the primary, makes the other its standby by a copy, starts both, and waits until commits wait for it. */
export async function pairUp(
  ground: DrillGround,
  primary: DrillCluster,
  standby: DrillCluster,
): Promise<void> {
  await primary.stop();
  await standby.copyFrom(primary);
  await writeFile(join(standby.place.clusterDirectory, "standby.signal"), "");
  await primary.start(SYNCHRONOUS);
  // Promoted, it has no standby: it must not wait for one. So it is started without SYNCHRONOUS.
  await standby.start({ primary_conninfo: await connectionTo(ground, primary) });
  await waitUntilSynchronous(primary);
}

/** Makes a standby the primary; returns once it takes writes. */
export async function promote(standby: DrillCluster): Promise<void> {
  await withClient(standby.url(), (client) => client.query("select pg_promote(true, 30)"));
}

/** The secret goes by a file: a setting shows in the process list. */
async function connectionTo(
  { directory, secret, account }: DrillGround,
  primary: DrillCluster,
): Promise<string> {
  const passwordFile = join(directory, "pgpass");
  // It belongs to the account of PostgreSQL, so that it is made anew rather than written over.
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, `*:*:*:*:${secret}\n`);
  await chmod(passwordFile, 0o600);
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
  return `host=${primary.place.socketDirectory} port=5432 user=${CLUSTER_USER} passfile=${passwordFile}`;
}

async function waitUntilSynchronous(primary: DrillCluster): Promise<void> {
  const giveUpAt = performance.now() + ATTACH_MS;
  await withClient(primary.url(), async (client) => {
    const count = async () =>
      (await client.query("select from pg_stat_replication where sync_state = 'sync'")).rowCount;
    while ((await count()) === 0) {
      if (performance.now() > giveUpAt) throw new Error("the standby does not attach");
      await delay(50);
    }
  });
}
