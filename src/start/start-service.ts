/** Puts the parts of the service together, in the order in which they need each other. */

import { join } from "node:path";
import { addressText } from "../address-text.ts";
import { type Clock, createClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { StartupError } from "../errors.ts";
import { ensureFirstAdminToken } from "../identity/first-admin-token.ts";
import { Callers } from "../identity/callers.ts";
import { TokenFollower } from "../identity/token-follower.ts";
import { TokenTable } from "../identity/token-table.ts";
import { AuthorityError } from "../license-file/authority-error.ts";
import { PRODUCT_TRUST_DIRECTORY } from "../license-file/product-trust.ts";
import { ensureTestVendor, TEST_VENDOR_DIRECTORY } from "../license-file/test-vendor.ts";
import { loadTrustStore, type TrustStore } from "../license-file/trust-store.ts";
import { makeDropFolder } from "../licensing/drop-folder.ts";
import type { Logger } from "../log.ts";
import { type DataDirectory, inDataDirectory, openDataDirectory } from "../platform/data-directory.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { platformIdOf, requestCodeOf } from "../platform/request-code.ts";
import { openSeenRevision } from "../platform/seen-revision.ts";
import type { ReflectionMode } from "../rpc/roles.ts";
import { RpcServer } from "../rpc/server.ts";
import { createTokenHandlers } from "../rpc/token-service.ts";
import { StateKeeper } from "../snapshot/state-keeper.ts";
import { systemTimers } from "../snapshot/timers.ts";
import { keepEmbeddedPostgres } from "../store/embedded/keep-running.ts";
import { migrate } from "../store/migrate.ts";
import type { NodeIdentity } from "../store/nodes.ts";
import { openDatabase } from "../store/open-database.ts";
import { type PoolUse, poolUse } from "../store/pool-use.ts";
import { ofStart } from "../store/startup-failure.ts";
import { createStore, type Store } from "../store/store.ts";
import { packageVersion } from "../version.ts";
import { ClosingStack } from "./closing-stack.ts";
import { createHandlers } from "./create-handlers.ts";
import { NodePulse } from "./node-pulse.ts";
import { openTls, type ServingTls } from "./open-tls.ts";
import { recognizeStore } from "./recognize-store.ts";
import { ensurePlatform } from "./register-platform.ts";
import { keepRequestCode } from "./request-code-file.ts";
import { startObservability } from "./start-observability.ts";

/** What a service is started with beside its configuration. */
export interface ServiceParts {
  readonly log: Logger;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/** A service that serves. */
export interface RunningService {
  /** "host:port" that it listens on. */
  readonly address: string;
  readonly port: number;
  /** "host:port" that metrics are served on; `undefined`: they are off. */
  readonly metricsAddress: string | undefined;
  /** AP-2. */
  readonly platformId: string;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  /** File of the first admin token, if this start made it. */
  readonly newTokenFile: string | undefined;
  /** Reads the files of TLS again, if they have changed; contents that cannot be used change nothing. */
  reload(): Promise<void>;
  /** Ends everything that the start opened, in reverse order. */
  stop(): Promise<void>;
}

/**
 * Starts the service.
 *
 * @throws StartupError, whose message is for the operator; any other error is a defect. What was opened
 *   before is closed again.
 */
export async function startService(
  config: Config,
  { log, clock = createClock() }: ServiceParts,
): Promise<RunningService> {
  const opened = new ClosingStack(log);
  try {
    return await start(config, log, clock, opened);
  } catch (error) {
    await opened.closeAll();
    throw ofStart(error);
  }
}

async function start(
  config: Config,
  log: Logger,
  clock: Clock,
  opened: ClosingStack,
): Promise<RunningService> {
  const tls = await openTls(config, clock, log, opened);
  const data = await openDataDirectory(config.dataDirectory);
  opened.add("data directory", () => data.close());
  const database = await openStore(config, data, log, opened);
  const { store } = database;
  await store.registerNode(nodeOf(config, data.nodeId));
  const { profile } = config;
  const key = await ensurePlatform({ store, dataDirectory: data.path, nodeId: data.nodeId, profile, clock });
  const requestCode = await requestCodeOf(key, profile);
  await inDataDirectory(data.path, () => keepRequestCode(data.path, requestCode));
  await makeDropFolder(data.path).catch((error: unknown) => log.warn({ err: error }, "no drop folder can be made"));
  const newTokenFile = await ensureFirstAdminToken(store, data.path, clock);
  if (newTokenFile !== undefined) {
    log.info({ tokenFile: newTokenFile }, "no admin token was in force: a new one is in the file");
  }
  const trust = await openTrust(config, data.path, log);
  const platform = { key, requestCode, platformId: platformIdOf(requestCode), nodeId: data.nodeId };
  const dataDirectory = data.path;
  const parts = { config, ...database, trust, platform, dataDirectory, tls, log, clock };
  const { port, metricsAddress } = await serve(parts, opened);
  const address = addressText({ ...config.listen, port });
  const { platformId } = platform;
  const reload = async () => tls.files?.reload();
  const stop = () => opened.closeAll();
  return { address, port, metricsAddress, platformId, dataDirectory, newTokenFile, reload, stop };
}

async function openStore(
  config: Config,
  data: DataDirectory,
  log: Logger,
  opened: ClosingStack,
): Promise<Pick<ServingParts, "store" | "url" | "poolUse">> {
  const say = (line: string): void => log.info({ part: "database" }, line);
  let url = config.databaseUrl;
  if (url === undefined) {
    const embedded = await keepEmbeddedPostgres({ dataDirectory: data.path, log: say });
    opened.add("embedded database", () => embedded.stop());
    url = embedded.url;
  }
  // Nobody else has a login to the embedded database.
  await migrate(url, { mayMigrate: config.isMigrating || config.databaseUrl === undefined });
  const pool = await openDatabase(url, { log: say });
  opened.add("database pool", () => pool.destroy());
  const seen = await openSeenRevision(data.path, log);
  const node = { id: data.nodeId, name: config.nodeName };
  const store = createStore(pool, { node, current: seen.current, keep: seen.keep });
  await recognizeStore(store, seen, data.path);
  return { store, url, poolUse: () => poolUse(pool) };
}

async function openTrust(config: Config, dataDirectory: string, log: Logger): Promise<TrustStore> {
  const testVendorDirectory = config.isDevelopment ? join(dataDirectory, TEST_VENDOR_DIRECTORY) : undefined;
  if (testVendorDirectory !== undefined) {
    await ensureTestVendor(testVendorDirectory).catch((error: unknown) => {
      throw error instanceof AuthorityError ? new StartupError("dataDirectory", error.message) : error;
    });
    log.warn(
      { testVendorDirectory },
      "DEVELOPMENT MODE: licenses of the test vendor in this directory are believed",
    );
  }
  const trust = await loadTrustStore({ trustDirectory: PRODUCT_TRUST_DIRECTORY, testVendorDirectory });
  if (trust.anchors.size === 0) {
    log.warn("this package holds no vendor key: no license can be verified, every upload will be refused");
  }
  return trust;
}

/** What serving needs. */
export interface ServingParts {
  readonly config: Config;
  readonly store: Store;
  /** Of the database, for LISTEN. */
  readonly url: string;
  readonly poolUse: () => PoolUse;
  readonly trust: TrustStore;
  readonly platform: Platform;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  readonly tls: ServingTls;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The platform and this node. */
export interface Platform {
  readonly key: PlatformKey;
  readonly requestCode: string;
  readonly platformId: string;
  readonly nodeId: string;
}

async function serve(
  parts: ServingParts,
  opened: ClosingStack,
): Promise<Pick<RunningService, "port" | "metricsAddress">> {
  const { config, store, platform, tls, log, clock } = parts;
  const node = nodeOf(config, platform.nodeId);
  const pulse = await NodePulse.start({ node, beat: store.beatNode, clock, log });
  opened.add("heartbeat", () => pulse.close());
  const liveAlerts = [() => pulse.alerts(), () => keeper.alerts(), () => tls.files?.alerts() ?? []];
  const { hub, handlers } = await createHandlers({ ...parts, nodes: () => pulse.nodes(), liveAlerts });
  opened.add("snapshot hub", () => hub.close());
  const keeper = new StateKeeper({ hub, dataDirectory: parts.dataDirectory, clock, timers: systemTimers, log });
  opened.add("kept licenses", () => keeper.close());
  const certificateEndsAt = () => tls.files?.current.notAfter;
  const { observer, metricsAddress } = await startObservability(
    { ...parts, hub, liveAlerts, certificateEndsAt },
    opened,
  );
  const tokens = new TokenTable();
  // From here to the server nothing is waited for: the first poll asks for it.
  const follower = await TokenFollower.start({
    source: store,
    table: tokens,
    pollMs: config.revisionPollMs,
    log,
    onPolled: () => server.recheckStreams(),
  });
  const { packageMaxBytes } = config;
  const server = new RpcServer({
    handlers,
    tokenHandlers: createTokenHandlers({ store, known: follower, hub, clock }),
    callers: new Callers(tokens, tls.certificates),
    limits: config,
    mostConnections: config.connections,
    tls: tls.files,
    clock,
    log,
    reflection: reflectionOf(config),
    packageMaxBytes,
    ...(observer === undefined ? {} : { observer }),
  });
  hub.followDatabase((isThere) => server.setDatabaseServing(isThere));
  tls.files?.onChange(() => server.recheckStreams());
  opened.add("tokens", () => follower.close());
  opened.add("server", () => server.stop(config.shutdownGraceMs));
  return { port: await server.listen(config.listen), metricsAddress };
}

function nodeOf({ nodeName }: Config, id: string): NodeIdentity {
  return { id, name: nodeName, version: packageVersion() };
}

function reflectionOf({ isDevelopment, isReflectionOn }: Config): ReflectionMode {
  if (!isReflectionOn) return "off";
  return isDevelopment ? "open" : "identity";
}
