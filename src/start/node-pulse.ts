import type { Logger } from "../log.ts";

/** How often a node renews its heartbeat row. */
const PULSE_MS = 10_000;

/** Renews the heartbeat of this node until it is closed. While the database is away beats are left out. */
export function startNodePulse(touch: () => Promise<void>, log: Logger): { close(): Promise<void> } {
  let beating: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating
      .then(touch)
      .catch((error: unknown) => log.debug({ err: error }, "a heartbeat was left out"));
  }, PULSE_MS);
  return {
    async close() {
      clearInterval(timer);
      await beating;
    },
  };
}
