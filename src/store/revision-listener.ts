/**
 * Hints of new revisions, by LISTEN. Hints only make things fast: a pooler may swallow them, and
 * those sent while the connection is away are lost. Whoever needs to be right polls as well.
 */
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Client, type Notification } from "pg";
import { boundedConnection, type DatabaseUrl } from "./connection.ts";
import { REVISION_CHANNEL } from "./revisions.ts";
import type { Revision } from "./types.ts";

/** Options of {@link listenForRevisions}. Callbacks do not throw. */
export interface RevisionListenerOptions {
  /** Something was committed; `undefined`: the hint does not say which revision. */
  onHint(revision: Revision | undefined): void;
  /** Listening begins, at first or again after a loss: read everything anew, hints may have been missed. */
  onListening(): void;
  /** The connection was lost or could not be had; it is tried again. Default: nothing. */
  onLost?(error: unknown): void;
  /** How often the connection is tried out. Default: 5 s. An answer may take as long once more. */
  readonly pulseMs?: number;
  /** Waits between attempts are random, up to this long at first and twice as long each time. Default: 100 ms. */
  readonly firstRetryMs?: number;
  /** Longest wait between attempts. Default: 5 s. */
  readonly maxRetryMs?: number;
}

/** A connection that listens until it is closed. */
export interface RevisionListener {
  /** Ends the connection; no callback comes after. */
  close(): Promise<void>;
}

/** A goodbye that nobody takes within this time is not waited for. */
const GOODBYE_MS = 500;

/**
 * Listens on a connection of its own, and connects again whenever it is lost.
 *
 * @throws StartupError `databaseUnreachable` when the URL is none of PostgreSQL. Failures to connect go to `onLost`.
 */
export function listenForRevisions(url: DatabaseUrl, options: RevisionListenerOptions): RevisionListener {
  const pulseMs = options.pulseMs ?? 5_000;
  const settings = { ...boundedConnection(url, "listener"), query_timeout: pulseMs };
  const closing = new AbortController();
  const done = keepListening(settings, { ...options, pulseMs }, closing.signal);
  return {
    async close() {
      closing.abort();
      await done;
    },
  };
}

type Settings = ReturnType<typeof boundedConnection>;
type Options = RevisionListenerOptions & { readonly pulseMs: number };

async function keepListening(settings: Settings, options: Options, closing: AbortSignal): Promise<void> {
  const { firstRetryMs = 100, maxRetryMs = 5_000 } = options;
  let failures = 0;
  const onListening = () => {
    failures = 0;
    options.onListening();
  };
  while (!closing.aborted) {
    const error = await listenOnce(settings, { ...options, onListening }, closing);
    if (closing.aborted) return;
    options.onLost?.(error);
    // Random from zero on, so that the nodes do not come back all at once after a failover.
    const waitMs = Math.random() * Math.min(maxRetryMs, firstRetryMs * 2 ** failures);
    failures += 1;
    await delay(waitMs, undefined, { signal: closing }).catch(() => {});
  }
}

/** Listens until the connection is lost or closed; answers why. */
async function listenOnce(settings: Settings, options: Options, closing: AbortSignal): Promise<unknown> {
  const socket = new Socket();
  const client = new Client({ ...settings, stream: () => socket });
  const lost = new AbortController();
  const goodbye = () => lost.abort(new Error("the listener was closed"));
  client.on("error", (error) => lost.abort(error));
  client.on("end", () => lost.abort(new Error("the database ended the connection")));
  closing.addEventListener("abort", goodbye, { once: true });
  try {
    await listen(client, socket, options, lost.signal);
    return undefined;
  } catch (error) {
    return lost.signal.reason ?? error;
  } finally {
    closing.removeEventListener("abort", goodbye);
    await end(client, socket);
  }
}

async function listen(client: Client, socket: Socket, options: Options, lost: AbortSignal): Promise<void> {
  // A connection that is still being made knows no other way to stop.
  lost.addEventListener("abort", () => socket.destroy(), { once: true });
  client.on("notification", (notification) => {
    if (!lost.aborted) options.onHint(toHint(notification));
  });
  await client.connect();
  await client.query(`listen ${REVISION_CHANNEL}`);
  if (!lost.aborted) options.onListening();
  for (;;) {
    await delay(options.pulseMs, undefined, { signal: lost });
    await client.query("select");
  }
}

async function end(client: Client, socket: Socket): Promise<void> {
  const timer = new AbortController();
  const patience = delay(GOODBYE_MS, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([client.end().catch(() => {}), patience]);
  timer.abort();
  socket.destroy();
}

const PAYLOAD = /^([0-9a-f-]{36}) (\d{1,19}) (\d{1,19})$/;

function toHint({ payload }: Notification): Revision | undefined {
  const [, storeId, epoch, revision] = PAYLOAD.exec(payload ?? "") ?? [];
  if (storeId === undefined || epoch === undefined || revision === undefined) return undefined;
  return { storeId, epoch: BigInt(epoch), revision: BigInt(revision) };
}
