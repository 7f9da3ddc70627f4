import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Profile } from "../domain/profile.ts";
import { Callers } from "../identity/callers.ts";
import { TokenFollower } from "../identity/token-follower.ts";
import { TokenTable } from "../identity/token-table.ts";
import type { TrustStore } from "../license-file/trust-store.ts";
import type { Logger } from "../log.ts";
import { AlertLog } from "../observability/alert-log.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { createQuotaHandlers } from "../rpc/quota-service.ts";
import type { ReflectionMode } from "../rpc/roles.ts";
import { RpcServer } from "../rpc/server.ts";
import { createTokenHandlers } from "../rpc/token-service.ts";
import { StateKeeper } from "../snapshot/state-keeper.ts";
import { systemTimers } from "../snapshot/timers.ts";
import type { NodeIdentity } from "../store/nodes.ts";
import { packageVersion } from "../version.ts";
import type { ClosingStack } from "./closing-stack.ts";
import { createHandlers } from "./create-handlers.ts";
import { NodePulse } from "./node-pulse.ts";
import type { OpenedStore } from "./open-store.ts";
import type { ServingTls } from "./open-tls.ts";
import { startObservability } from "./start-observability.ts";
import { UsbStateKeeper } from "./usb-state-keeper.ts";

/** What serving needs. */
export interface ServingParts extends OpenedStore {
  readonly config: Config;
  readonly profile: Profile;
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

/** Where a service serves. */
export interface Serving {
  readonly port: number;
  /** "host:port" that metrics are served on; `undefined`: they are off. */
  readonly metricsAddress: string | undefined;
}

/**
 * Begins to serve: follows the store and the tokens, and opens the ports last of all.
 *
 * @throws StartupError "listen"; ServiceError DATABASE_UNAVAILABLE
 */
export async function serve(parts: ServingParts, opened: ClosingStack): Promise<Serving> {
  const { config, store, platform, tls, log, clock } = parts;
  const node = nodeOf(config, platform.nodeId);
  const pulse = await NodePulse.start({ node, beat: store.beatNode, clock, log });
  opened.add("heartbeat", () => pulse.close());
  const liveAlerts = [
    () => pulse.alerts(),
    () => keeper.alerts(),
    () => usbKeeper.alerts(),
    () => tls.files?.alerts() ?? [],
  ];
  const { hub, recorder, usb, handlers } = await createHandlers({
    ...parts,
    nodes: () => pulse.nodes(),
    liveAlerts,
  });
  opened.add("snapshot hub", () => hub.close());
  opened.add("history of changes", () => recorder.close());
  opened.add("USB keys", () => usb.close());
  const { dataDirectory } = parts;
  const keeper = new StateKeeper({ hub, dataDirectory, clock, timers: systemTimers, log });
  opened.add("kept licenses", () => keeper.close());
  const { key } = platform;
  const usbKeeper = new UsbStateKeeper({ hub, store, dataDirectory, key, timers: systemTimers, log });
  opened.add("kept history of USB keys", () => usbKeeper.close());
  const alertLog = new AlertLog({ hub, clock, timers: systemTimers, log });
  opened.add("alert log", () => alertLog.close());
  const certificateEndsAt = () => tls.files?.current.notAfter;
  const { observer, metricsAddress } = await startObservability(
    { ...parts, hub, usb: usb.ports, liveAlerts, certificateEndsAt },
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
    quotaHandlers: createQuotaHandlers({ store, hub, clock }),
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

/** What a node says of itself. */
export function nodeOf({ nodeName }: Config, id: string): NodeIdentity {
  return { id, name: nodeName, version: packageVersion() };
}

function reflectionOf({ isDevelopment, isReflectionOn }: Config): ReflectionMode {
  if (!isReflectionOn) return "off";
  return isDevelopment ? "open" : "identity";
}
