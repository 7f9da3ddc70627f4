/** Bench of the evaluation itself: 500 installed licenses, without a server, a database or a signature. */
import { evaluate } from "../../src/domain/evaluate.ts";
import type { PlatformInput } from "../../src/domain/facts.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { loadProfile } from "../../src/profiles/load-profile.ts";
import type { BenchContext, Goal, Measurement } from "./bench.ts";
import { AT, manyInOneItem, renewalsOfManyItems, sumsOfManyItems } from "./parts/many-licenses.ts";
import { timeEach } from "./parts/timed.ts";
import { type Spread, spreadOf } from "./report/statistics.ts";

const LICENSES = 500;
const ITEMS = 20;
const FULL = { runs: 1_000, warmUps: 300 };
const QUICK = { runs: 20, warmUps: 5 };
/** In ms, at p50. */
const MOST = 2;

interface Row extends Spread {
  readonly what: string;
}

/** Measures `evaluate` over many licenses, beside a bare JSON.parse of their text. */
export async function measureEvaluation(context: BenchContext): Promise<Measurement> {
  const sizes = context.isQuick ? QUICK : FULL;
  const cloud = loadProfile("zstack-cloud");
  const usphere = loadProfile("unicloud-usphere");
  const mix = renewalsOfManyItems(cloud, ITEMS, LICENSES / ITEMS);
  const evaluations = [
    await row(`zstack-cloud, ${ITEMS} items of ${LICENSES / ITEMS} renewals`, cloud, mix, sizes),
    await row(`zstack-cloud, ${LICENSES} renewals of one item`, cloud, manyInOneItem(cloud, LICENSES), sizes),
    await row(
      `unicloud-usphere, ${LICENSES} over all items`,
      usphere,
      sumsOfManyItems(usphere, LICENSES),
      sizes,
    ),
    await row(`unicloud-usphere, ${LICENSES} of one item`, usphere, manyInOneItem(usphere, LICENSES), sizes),
  ];
  const text = JSON.stringify(mix.licenses, (_key, value) => toJson(value));
  const peer = { what: "peer: JSON.parse", ...(await spread(sizes, () => JSON.parse(text))) };
  return {
    goals: evaluations.map(goalOf),
    tables: [
      {
        title: `Milliseconds for one evaluation of ${LICENSES} licenses`,
        columns: [
          { key: "what", title: "what" },
          { key: "n", title: "n" },
          { key: "p50", title: "p50 (ms)", digits: 3 },
          { key: "p99", title: "p99 (ms)", digits: 3 },
          { key: "max", title: "max (ms)", digits: 3 },
        ],
        rows: [...evaluations, peer].map((one) => ({ ...one })),
      },
    ],
    notes: [`The text of the first row's licenses has ${text.length.toLocaleString("en")} characters.`],
  };
}

async function row(
  what: string,
  profile: Profile,
  platform: PlatformInput,
  sizes: typeof FULL,
): Promise<Row> {
  if (platform.licenses.length !== LICENSES) throw new Error(`${platform.licenses.length} licenses`);
  return { what, ...(await spread(sizes, () => evaluate(profile, platform, AT))) };
}

async function spread({ runs, warmUps }: typeof FULL, work: () => unknown): Promise<Spread> {
  const turn = async () => work();
  await timeEach(warmUps, 1, turn);
  return spreadOf(await timeEach(runs, 1, turn));
}

function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function goalOf({ what, p50 }: Row): Goal {
  return {
    what: `${what}, p50`,
    toReach: `< ${MOST} ms`,
    measured: `${p50.toFixed(2)} ms`,
    isReached: p50 < MOST,
  };
}
