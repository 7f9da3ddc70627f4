/** Everything that `licensectl doctor` looks at, in the order in which it is shown. Nothing is changed. */
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { withPatience } from "../../snapshot/patience.ts";
import { systemTimers } from "../../snapshot/timers.ts";
import { type FoundCluster, findCluster } from "../../store/embedded/find-cluster.ts";
import {
  type Check,
  type CheckResult,
  type Finding,
  failureOf,
  runChecks,
  skip,
  TIME_LIMIT_MS,
} from "./check.ts";
import { checkDataDirectory } from "./data-directory.ts";
import { judgeClock, judgeDatabase, judgeWritable, type OpenedDatabase, openForLooking } from "./database.ts";
import { judgeCluster } from "./embedded.ts";
import { checkGrpcPort } from "./grpc-port.ts";
import { checkMetricsPort } from "./metrics-port.ts";
import { checkNodes } from "./nodes.ts";
import { checkKeyFile, checkPlatform } from "./platform.ts";
import type { ExaminedSettings } from "./read-settings.ts";
import { checkSchema } from "./schema.ts";
import { checkTls } from "./tls.ts";
import { checkTokens } from "./tokens.ts";
import { checkUsb } from "./usb.ts";

/** Examines a node, beside its running or stopped server. */
export async function examine(settings: ExaminedSettings, clock: Clock): Promise<readonly CheckResult[]> {
  const { config } = settings;
  const cluster = config.databaseUrl === undefined ? await lookForCluster(config) : undefined;
  const reached = await reach(config.databaseUrl ?? urlOf(cluster), clock);
  try {
    return await runChecks([
      { name: "settings", look: () => settings.finding },
      { name: "data directory", look: () => checkDataDirectory(config.dataDirectory) },
      { name: "platform key", look: () => checkKeyFile(config.dataDirectory) },
      ...clusterChecks(cluster),
      ...databaseChecks(settings, reached, clock),
      { name: "TLS", look: () => checkTls(config, clock.now()) },
      { name: "gRPC port", look: () => checkGrpcPort(config) },
      { name: "metrics port", look: () => checkMetricsPort(config) },
      { name: "USB keys", look: () => checkUsb(config.usb, settings.hasUsbKeys) },
    ]);
  } finally {
    if ("database" in reached) await reached.database.close();
  }
}

type Cluster = FoundCluster | { readonly error: unknown };

function lookForCluster({ dataDirectory }: Config): Promise<Cluster> {
  return findCluster(dataDirectory).catch((error: unknown) => ({ error }));
}

function urlOf(cluster: Cluster | undefined): string | undefined {
  return cluster !== undefined && "url" in cluster ? cluster.url : undefined;
}

function clusterChecks(cluster: Cluster | undefined): readonly Check[] {
  if (cluster === undefined) return [];
  const look = () => ("error" in cluster ? failureOf(cluster.error) : judgeCluster(cluster));
  return [{ name: "embedded PostgreSQL", look }];
}

/** A database that was opened, or why it was not. */
type Reached = { readonly database: OpenedDatabase } | { readonly finding: Finding };

async function reach(url: string | undefined, clock: Clock): Promise<Reached> {
  if (url === undefined) return { finding: skip("not looked at: the server's own PostgreSQL does not run") };
  const opening = openForLooking(url, clock);
  try {
    return { database: await withPatience(systemTimers, TIME_LIMIT_MS, opening) };
  } catch (error) {
    // Should it open after all, nobody waits for it.
    opening.then((database) => database.close()).catch(() => undefined);
    return { finding: { ...failureOf(error), remedy: REACH_IT } };
  }
}

const REACH_IT =
  "Look whether PostgreSQL runs, and check DATABASE_URL, its password and the network in between.";

function databaseChecks(
  { config, profileName }: ExaminedSettings,
  reached: Reached,
  clock: Clock,
): readonly Check[] {
  const about = (name: string, look: (database: OpenedDatabase) => Finding | Promise<Finding>): Check => {
    const unreached = () => skip("not looked at: the database was not reached");
    return { name, look: "database" in reached ? () => look(reached.database) : unreached };
  };
  const { dataDirectory } = config;
  return [
    {
      name: "database",
      look: () => ("database" in reached ? judgeDatabase(reached.database.facts) : reached.finding),
    },
    about("database writes", ({ facts }) => judgeWritable(facts)),
    about("clock", ({ facts }) => judgeClock(facts)),
    about("schema", ({ knex }) => checkSchema(knex)),
    about("platform", ({ knex }) => checkPlatform(knex, dataDirectory, profileName)),
    about("nodes", ({ knex }) => checkNodes(knex)),
    about("tokens", ({ knex }) => checkTokens(knex, clock.now())),
  ];
}
