/** Puts the parts of the service together, in the order in which they need each other. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, createClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { ensureFirstAdminToken } from "../identity/first-admin-token.ts";
import { TokenFollower } from "../identity/token-follower.ts";
import { TokenTable } from "../identity/token-table.ts";
import { ensureTestVendor } from "../license-file/test-vendor.ts";
import { loadTrustStore, type TrustStore } from "../license-file/trust-store.ts";
import type { Logger } from "../log.ts";
import { type DataDirectory, openDataDirectory } from "../platform/data-directory.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { platformIdOf, requestCodeOf } from "../platform/request-code.ts";
import type { ReflectionMode } from "../rpc/roles.ts";
import { addressText, RpcServer } from "../rpc/server.ts";
import { startEmbeddedPostgres } from "../store/embedded/embedded-postgres.ts";
import { migrate } from "../store/migrate.ts";
import { openDatabase } from "../store/open-database.ts";
import { createStore, type Store } from "../store/store.ts";
import { ClosingStack } from "./closing-stack.ts";
import { createHandlers } from "./create-handlers.ts";
import { startNodePulse } from "./node-pulse.ts";
import { ensurePlatform } from "./register-platform.ts";
import { keepRequestCode } from "./request-code-file.ts";

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
  /** AP-2. */
  readonly platformId: string;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  /** File of the first admin token, if this start made it. */
  readonly newTokenFile: string | undefined;
  /** Ends everything that the start opened, in reverse order. */
  stop(): Promise<void>;
}

/** Anchors of vendors ship with the program; nothing but its files decides on them (threat 9). */
const TRUST_DIRECTORY = fileURLToPath(new URL("../../trust", import.meta.url));

/** Directory of the test vendor within the data directory; development mode only. */
export const TEST_VENDOR_DIRECTORY = "test-vendor";

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
    throw error;
  }
}

async function start(
  config: Config,
  log: Logger,
  clock: Clock,
  opened: ClosingStack,
): Promise<RunningService> {
  const data = await openDataDirectory(config.dataDirectory);
  opened.add("data directory", () => data.close());
  const { store, url } = await openStore(config, data, log, opened);
  await store.registerNode({ id: data.nodeId, name: config.nodeName });
  const { profile } = config;
  const key = await ensurePlatform({ store, dataDirectory: data.path, nodeId: data.nodeId, profile, clock });
  const requestCode = await requestCodeOf(key, profile);
  await keepRequestCode(data.path, requestCode);
  const newTokenFile = await ensureFirstAdminToken(store, data.path, clock);
  const trust = await openTrust(config, data.path, log);
  const platform = { key, requestCode, platformId: platformIdOf(requestCode), nodeId: data.nodeId };
  const port = await serve({ config, store, url, trust, platform, log, clock }, opened);
  const address = addressText({ ...config.listen, port });
  const { platformId } = platform;
  return { address, port, platformId, dataDirectory: data.path, newTokenFile, stop: () => opened.closeAll() };
}

async function openStore(
  config: Config,
  data: DataDirectory,
  log: Logger,
  opened: ClosingStack,
): Promise<{ store: Store; url: string }> {
  const say = (line: string): void => log.info({ part: "database" }, line);
  let url = config.databaseUrl;
  if (url === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDirectory: data.path, log: say });
    opened.add("embedded database", () => embedded.stop());
    url = embedded.url;
  }
  await migrate(url);
  const pool = await openDatabase(url, { log: say });
  opened.add("database pool", () => pool.destroy());
  return { store: createStore(pool), url };
}

async function openTrust(config: Config, dataDirectory: string, log: Logger): Promise<TrustStore> {
  const testVendorDirectory = config.isDevelopment ? join(dataDirectory, TEST_VENDOR_DIRECTORY) : undefined;
  if (testVendorDirectory !== undefined) {
    await ensureTestVendor(testVendorDirectory);
    log.warn(
      { testVendorDirectory },
      "DEVELOPMENT MODE: licenses of the test vendor in this directory are believed",
    );
  }
  const trust = await loadTrustStore({ trustDirectory: TRUST_DIRECTORY, testVendorDirectory });
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
  readonly trust: TrustStore;
  readonly platform: Platform;
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

async function serve(parts: ServingParts, opened: ClosingStack): Promise<number> {
  const { config, store, platform, log, clock } = parts;
  const pulse = startNodePulse(() => store.touchNode(platform.nodeId), log);
  opened.add("heartbeat", () => pulse.close());
  const { hub, handlers } = await createHandlers(parts);
  opened.add("snapshot hub", () => hub.close());
  const tokens = new TokenTable();
  const { packageMaxBytes } = config;
  const server = new RpcServer({
    handlers,
    tokens,
    clock,
    log,
    reflection: reflectionOf(config),
    packageMaxBytes,
  });
  const follower = await TokenFollower.start({
    source: store,
    table: tokens,
    pollMs: config.revisionPollMs,
    log,
    onPolled: () => server.recheckStreams(),
  });
  opened.add("tokens", () => follower.close());
  opened.add("server", () => server.stop(config.shutdownGraceMs));
  return server.listen(config.listen);
}

function reflectionOf({ isDevelopment, isReflectionOn }: Config): ReflectionMode {
  if (!isReflectionOn) return "off";
  return isDevelopment ? "open" : "identity";
}
