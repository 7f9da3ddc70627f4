/** Honest callers: capabilities at a steady rate by two tokens, and a watch. */
import { setTimeout as delay } from "node:timers/promises";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { openCaller } from "../parts/caller.ts";
import { type Sample, sample } from "../parts/samples.ts";

/** What honest callers met in a span of time. */
export interface Met {
  readonly samples: readonly Sample[];
  /** Longest time between two signs of life of the watch. */
  readonly longestSilenceMs: number;
}

/** Honest callers that go on until the teardown. */
export interface HonestCallers {
  /** Looks at the calls that begin within so long, and waits for their ends. */
  meet(ms: number): Promise<Met>;
}

/** Between two calls of one token: 100 a second. */
const PERIOD_MS = 10;
const DEADLINE_MS = 10_000;

/** Starts them. Each call begins at its time, be the one before answered or not. */
export function startHonestCallers(t: Teardown, address: string, tokens: readonly string[]): HonestCallers {
  let running: Promise<Sample>[] = [];
  let signs: number[] = [];
  for (const token of tokens) {
    const caller = openCaller(t, { address, token });
    const ask = () => running.push(sample(() => caller.call("getLicenseCapabilities", {}, DEADLINE_MS)));
    const timer = setInterval(ask, PERIOD_MS);
    t.teardown(() => clearInterval(timer));
  }
  const stream = openCaller(t, { address, token: tokens[0] ?? "" }).watch();
  const read = async () => {
    for (;;) {
      await stream.next();
      signs.push(performance.now());
    }
  };
  void read();
  return {
    async meet(ms) {
      const begun: Promise<Sample>[] = [];
      running = begun;
      signs = [performance.now()];
      await delay(ms);
      const times = [...signs, performance.now()];
      const silences = times.slice(1).map((time, index) => time - (times[index] ?? time));
      running = [];
      const samples = await Promise.all(begun);
      return { samples, longestSilenceMs: Math.round(Math.max(...silences)) };
    },
  };
}
