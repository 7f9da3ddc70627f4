/** Puts the parts of the service together, in the order in which they need each other. */

import { addressText } from "../address-text.ts";
import { type Clock, createClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { ensureFirstAdminToken } from "../identity/first-admin-token.ts";
import { makeDropFolder } from "../licensing/drop-folder.ts";
import type { Logger } from "../log.ts";
import { inDataDirectory, openDataDirectory } from "../platform/data-directory.ts";
import { platformIdOf, requestCodeOf } from "../platform/request-code.ts";
import { openProfile } from "../profiles/open-profile.ts";
import { ofStart } from "../store/startup-failure.ts";
import { ClosingStack } from "./closing-stack.ts";
import { keepProfile } from "./keep-profile.ts";
import { openStore } from "./open-store.ts";
import { openTls } from "./open-tls.ts";
import { openTrust } from "./open-trust.ts";
import { reconcileFirstStart } from "./reconcile-first-start.ts";
import { reconcileUsbState } from "./reconcile-usb-state.ts";
import { ensurePlatform } from "./register-platform.ts";
import { keepRequestCode } from "./request-code-file.ts";
import { nodeOf, serve } from "./serve.ts";

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
  /** Name of the product profile. */
  readonly profile: string;
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
  const openedProfile = openProfile(config);
  const { profile } = openedProfile;
  const tls = await openTls(config, clock, log, opened);
  const data = await openDataDirectory(config.dataDirectory);
  opened.add("data directory", () => data.close());
  const database = await openStore(config, data, log, opened);
  const { store } = database;
  await store.registerNode(nodeOf(config, data.nodeId));
  const { path: dataDirectory, nodeId } = data;
  const key = await ensurePlatform({ store, dataDirectory, nodeId, profile: profile.name, clock });
  await inDataDirectory(dataDirectory, () => reconcileFirstStart({ store, dataDirectory, key, log }));
  await reconcileUsbState({ store, dataDirectory, key, log });
  const requestCode = await requestCodeOf(key, profile.name);
  await inDataDirectory(dataDirectory, () => keepRequestCode(dataDirectory, requestCode));
  await inDataDirectory(dataDirectory, () => keepProfile(dataDirectory, openedProfile));
  await makeDropFolder(data.path).catch((error: unknown) =>
    log.warn({ err: error }, "no drop folder can be made"),
  );
  const newTokenFile = await ensureFirstAdminToken(store, data.path, clock);
  if (newTokenFile !== undefined) {
    log.info({ tokenFile: newTokenFile }, "no admin token was in force: a new one is in the file");
  }
  const trust = await openTrust(config, data.path, log);
  const platform = { key, requestCode, platformId: platformIdOf(requestCode), nodeId };
  const parts = { config, profile, ...database, trust, platform, dataDirectory, tls, log, clock };
  const { port, metricsAddress } = await serve(parts, opened);
  const address = addressText({ ...config.listen, port });
  const { platformId } = platform;
  const reload = async () => tls.files?.reload();
  const stop = () => opened.closeAll();
  const serving = { address, port, metricsAddress, platformId, profile: profile.name };
  return { ...serving, dataDirectory, newTokenFile, reload, stop };
}
