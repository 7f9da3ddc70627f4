import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { licenseIdOf } from "../../src/license-file/license-of-claims.ts";
import { EMULATED_PORTS } from "../../src/usb/emulator/ports-directory.ts";
import { emulate } from "../../src/usb/emulator/socket-port.ts";
import { makeKey, withBlob } from "../helpers/emulated-keys.ts";
import type { BenchContext, Measurement } from "./bench.ts";
import { type Admin, adminOf } from "./parts/admin.ts";
import { BASE, type Issue, issuerAt, makePlace, makeSecondNode, startServer } from "./parts/platform.ts";
import { spreadOf } from "./report/statistics.ts";

const FULL = 30;
const QUICK = 3;
/** In ms, for the slowest. */
const MOST = 2_000;
/** Longest random wait before a key is plugged in, in ms. */
const MOST_WAIT_MS = 2_000;
/** What the base license of a key gives. */
const CAPABILITY = "billing";

/** Measures how long it takes from plugging a key in to its rights in a watch, on its node and on another. */
export async function measureUsbKeys(context: BenchContext): Promise<Measurement> {
  const place = await makePlace(context);
  const settings = { LICENSE_USB: "emulated" };
  const first = adminOf(context, await startServer(context, place, settings));
  const issue = await issuerAt(place);
  const other = await makeSecondNode(context, place, place.databaseUrl);
  const second = adminOf(context, await startServer(context, other, settings));
  const rounds = context.isQuick ? QUICK : FULL;
  const directory = join(place.dataDirectory, EMULATED_PORTS);
  const tookMs = { here: [] as number[], there: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    const took = await plugOnce({ directory, issue, first, second }, `KEY-${round}`);
    tookMs.here.push(took.here);
    tookMs.there.push(took.there);
  }
  const rows = [
    { what: "on the node of the key", ...spreadOf(tookMs.here) },
    { what: "on another node", ...spreadOf(tookMs.there) },
  ];
  return {
    goals: rows.map(({ what, max }) => ({
      what: `${what}, the slowest`,
      toReach: `< ${MOST} ms`,
      measured: `${max.toFixed(0)} ms`,
      isReached: max < MOST,
    })),
    tables: [
      {
        title: "Milliseconds from plugging in a key that nobody has seen before to its rights in a watch",
        columns: [
          { key: "what", title: "watch" },
          { key: "n", title: "keys" },
          { key: "p50", title: "p50 (ms)", digits: 1 },
          { key: "p99", title: "p99 (ms)", digits: 1 },
          { key: "max", title: "max (ms)", digits: 1 },
        ],
        rows,
      },
    ],
    notes: ["The keys are emulated; a real one adds what its own transfers and its signature take."],
  };
}

interface Scene {
  /** Of the first node's ports. */
  readonly directory: string;
  readonly issue: Issue;
  readonly first: Admin;
  readonly second: Admin;
}

/** Plugs a new key into a port of the first node, waits for its rights on both, and pulls it. */
async function plugOnce({ directory, issue, first, second }: Scene, keyId: string) {
  const blank = makeKey({ keyId });
  const license = await issue({ ...BASE, sub: `usb:${keyId}`, cnf: { jwk: { ...blank.jwk } } });
  const key = withBlob(blank, Buffer.from(license));
  await delay(Math.random() * MOST_WAIT_MS);
  const arrivals = [first, second].map((admin) => arrivalOf(admin, licenseIdOf(license)));
  const began = performance.now();
  const port = await emulate(key.dongle, join(directory, `${keyId}.sock`));
  const [here = 0, there = 0] = (await Promise.all(arrivals)).map((at) => at - began);
  await port.close();
  return { here, there };
}

/** Resolves with the instant at which a watch shows that this license decides. */
async function arrivalOf(admin: Admin, licenseId: string): Promise<number> {
  const watch = admin.watch();
  await watch.next(({ snapshot }) => {
    const capability = snapshot?.capabilities.find(({ key }) => key === CAPABILITY);
    return capability?.licenseIds.includes(licenseId) === true;
  });
  const at = performance.now();
  watch.cancel();
  return at;
}
