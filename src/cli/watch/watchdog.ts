/** One heartbeat may be lost on the way, and the next one late. */
const HEARTBEAT_PATIENCE = 2;
const HEARTBEAT_SLACK_MS = 1000;
/** Longest silence while the server has not said how often it sends heartbeats. */
const UNKNOWN_INTERVAL_MS = 60_000;

/** Barks once when nothing has fed it for too long. */
export interface Watchdog {
  /** A message came; `intervalMs` is the server's promise for the next heartbeat, if it made one. */
  feed(intervalMs: number | undefined): void;
  stop(): void;
}

/** Silence that is borne after a heartbeat that promised the next within `intervalMs`. */
export function longestSilenceMs(intervalMs: number): number {
  return intervalMs * HEARTBEAT_PATIENCE + HEARTBEAT_SLACK_MS;
}

/** A watchdog that waits `firstMs` for the first message. */
export function createWatchdog(firstMs: number, bark: (silenceMs: number) => void): Watchdog {
  let silenceMs = firstMs;
  let hasInterval = false;
  let timer = setTimeout(() => bark(silenceMs), silenceMs);
  return {
    feed(intervalMs) {
      hasInterval ||= intervalMs !== undefined;
      if (intervalMs !== undefined) silenceMs = longestSilenceMs(intervalMs);
      else if (!hasInterval) silenceMs = UNKNOWN_INTERVAL_MS;
      clearTimeout(timer);
      timer = setTimeout(() => bark(silenceMs), silenceMs);
    },
    stop: () => clearTimeout(timer),
  };
}
