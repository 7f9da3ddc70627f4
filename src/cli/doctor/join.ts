/**
 * What `licensectl node join` looks at, in order: a check whose grounds failed is left out. All that is written
 * is the data directory, and, once everything else is right, the key.
 */
import { stat } from "node:fs/promises";
import type { Clock } from "../../clock.ts";
import { StartupError } from "../../errors.ts";
import { listNodes } from "../../nodes/node-list.ts";
import { type DataDirectory, openDataDirectory } from "../../platform/data-directory.ts";
import type { PlatformKey } from "../../platform/platform-key.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { readNodes } from "../../store/nodes.ts";
import { readPlatform } from "../../store/platform.ts";
import { type Check, type CheckResult, type Finding, fail, failureOf, ok, runChecks, skip } from "./check.ts";
import { judgeClock, judgeDatabase, judgeWritable, type OpenedDatabase, openForLooking } from "./database.ts";
import { findKey, installKey } from "./join-key.ts";
import { judgeKey, judgeProfile } from "./platform.ts";
import type { ExaminedSettings } from "./read-settings.ts";
import { checkSchema } from "./schema.ts";

/** Examines a node before its first start, and installs its platform key where `keyFile` names one. */
export async function joinNode(
  settings: ExaminedSettings,
  keyFile: string | undefined,
  clock: Clock,
): Promise<readonly CheckResult[]> {
  const { config, finding, profileName } = settings;
  const { data, ...directory } = await openDirectory(config.dataDirectory);
  const { database, ...reached } = await openDatabase(config.databaseUrl, clock);
  try {
    const key = await findKey(data?.path, keyFile);
    const results = await runChecks([
      { name: "settings", look: () => finding },
      { name: "data directory", look: () => directory.finding },
      { name: "database", look: () => reached.finding },
      ...databaseChecks(database),
      { name: "platform key", look: () => key.finding },
      { name: "platform", look: () => judgePlatform(database, key.key, profileName) },
      { name: "node id", look: () => checkNodeId(database, data?.nodeId) },
    ]);
    const isReady = !results.some(({ outcome }) => outcome === "fail");
    if (!isReady || !key.isNew || data === undefined || keyFile === undefined) return results;
    return [...results, ...(await runChecks([installKey(keyFile, data.path)]))];
  } finally {
    await database?.close();
    data?.close();
  }
}

async function openDirectory(path: string): Promise<{ finding: Finding; data?: DataDirectory }> {
  try {
    await refuseForeignOwner(path);
    const data = await openDataDirectory(path);
    return {
      data,
      finding: ok(`${shownPath(data.path)} is usable, and no server uses it; node id ${data.nodeId}`),
    };
  } catch (error) {
    return { finding: failureOf(error) };
  }
}

/** What root makes in it, its owner could not read. */
async function refuseForeignOwner(path: string): Promise<void> {
  const owner = await stat(path).then(
    ({ uid }) => uid,
    () => undefined,
  );
  if (owner === undefined || owner === process.getuid?.() || process.getuid?.() !== 0) return;
  throw new StartupError(
    "dataDirectory",
    `${shownPath(path)} belongs to account ${owner}: run this command as that account, not as root.`,
  );
}

async function openDatabase(
  url: string | undefined,
  clock: Clock,
): Promise<{ finding: Finding; database?: OpenedDatabase }> {
  if (url === undefined) {
    const remedy = "Set it to the database of the other nodes, as in their settings.";
    return {
      finding: fail(
        "DATABASE_URL is not set: this node would make a database and a platform of its own.",
        remedy,
      ),
    };
  }
  try {
    const database = await openForLooking(url, clock);
    return { database, finding: judgeDatabase(database.facts) };
  } catch (error) {
    return { finding: failureOf(error) };
  }
}

const NO_DATABASE = skip("not looked at: the database was not reached");

function databaseChecks(database: OpenedDatabase | undefined): readonly Check[] {
  if (database === undefined) return [];
  return [
    { name: "database writes", look: () => judgeWritable(database.facts) },
    { name: "clock", look: () => judgeClock(database.facts) },
    { name: "schema", look: () => checkSchema(database.knex) },
  ];
}

async function judgePlatform(
  database: OpenedDatabase | undefined,
  key: PlatformKey | undefined,
  profileName: string | undefined,
): Promise<Finding> {
  if (database === undefined) return NO_DATABASE;
  const platform = await readPlatform(database.knex);
  if (platform === undefined) {
    return fail(
      "The database has no platform yet: there is nothing to join.",
      "Start the first node on it. If that has happened, this is not its database.",
    );
  }
  const wrong = judgeProfile(platform, profileName) ?? (key && judgeKey(platform, key));
  if (wrong !== undefined) return wrong;
  if (key === undefined) return skip("not compared: there is no platform key to compare");
  return ok(`the key is that of the database's platform, product ${platform.profile}`);
}

async function checkNodeId(
  database: OpenedDatabase | undefined,
  nodeId: string | undefined,
): Promise<Finding> {
  if (nodeId === undefined) return skip("not looked at: the data directory cannot be used");
  if (database === undefined) return NO_DATABASE;
  const own = listNodes(await readNodes(database.knex)).find(({ id }) => id === nodeId);
  if (own === undefined) return ok("new to the platform");
  if (!own.isAlive) return ok("known to the platform, and not alive");
  return fail(
    "A server with the id of this node was alive within the last 30 s: this data directory is a copy of that one's.",
    "Remove node-id from the data directory that is the copy. If the server of this one was stopped just now, wait half a minute.",
  );
}
