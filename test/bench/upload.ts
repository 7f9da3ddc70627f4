import pg from "pg";
import type { BenchContext, Measurement } from "./bench.ts";
import { type Admin, adminOf } from "./parts/admin.ts";
import { BASE, issuerAt, makePlace, startServer } from "./parts/platform.ts";
import { timeEach } from "./parts/timed.ts";
import { type Spread, spreadOf } from "./report/statistics.ts";

/** Uploads of each row; every one is a new license, so the platform ends with three times as many. */
const FULL = 300;
const QUICK = 10;
const WARM_UP = 20;
const AT_ONCE = 8;
/** The module whose licenses are uploaded: each displaces the one before. */
const ITEM = "gpu";

/** Measures UploadLicense against a bare transaction on the same durable PostgreSQL. */
export async function measureUpload(context: BenchContext): Promise<Measurement> {
  const uploads = context.isQuick ? QUICK : FULL;
  const place = await makePlace(context, { isDurable: true });
  const admin = adminOf(context, await startServer(context, place));
  const issue = await issuerAt(place);
  await admin.upload(await issue(BASE));
  const licenses = await Promise.all(
    Array.from({ length: WARM_UP + 2 * uploads }, () => issue({ item: ITEM })),
  );
  const take = (count: number) => licenses.splice(0, count);
  await uploadAll(admin, take(WARM_UP), 1);
  const one = await uploadAll(admin, take(uploads), 1);
  const many = await uploadAll(admin, take(uploads), AT_ONCE);
  const text = await issue({ item: ITEM });
  const barePeer = await BarePeer.open(context, place.databaseUrl);
  await barePeer.insertAll(text, WARM_UP, 1);
  const peerOne = await barePeer.insertAll(text, uploads, 1);
  const peerMany = await barePeer.insertAll(text, uploads, AT_ONCE);
  return {
    goals: [],
    tables: [
      {
        title: "Milliseconds from the call to the answer",
        columns: [
          { key: "what", title: "what" },
          { key: "n", title: "n" },
          { key: "p50", title: "p50 (ms)", digits: 2 },
          { key: "p99", title: "p99 (ms)", digits: 2 },
          { key: "max", title: "max (ms)", digits: 2 },
          { key: "perSecond", title: "a second" },
        ],
        rows: [
          { what: "UploadLicense, one at a time", ...one },
          { what: "bare transaction, one at a time", ...peerOne },
          { what: `UploadLicense, ${AT_ONCE} at a time`, ...many },
          { what: `bare transactions, ${AT_ONCE} at a time`, ...peerMany },
        ],
      },
    ],
    notes: [`Each upload is a license of its own of ${text.length} bytes with a real signature.`],
  };
}

/** A spread of durations, and how many there were a second. */
type Row = Spread & { readonly perSecond: number };

function uploadAll(admin: Admin, licenses: readonly string[], atOnce: number): Promise<Row> {
  return timed(licenses.length, atOnce, async (n) => {
    const { licenses: outcomes } = await admin.upload(licenses[n] ?? "");
    if (outcomes.length !== 1) throw new Error("an upload of one license answered another number");
  });
}

async function timed(
  runs: number,
  atOnce: number,
  work: (n: number, worker: number) => Promise<unknown>,
): Promise<Row> {
  const startedAt = performance.now();
  const tookMs = await timeEach(runs, atOnce, work);
  const seconds = (performance.now() - startedAt) / 1000;
  return { ...spreadOf(tookMs), perSecond: runs / seconds };
}

/** What a commit costs at least: begin, one row of the size of a license, commit. */
class BarePeer {
  readonly #clients: readonly pg.Client[];

  private constructor(clients: readonly pg.Client[]) {
    this.#clients = clients;
  }

  static async open(context: BenchContext, url: string): Promise<BarePeer> {
    const clients = Array.from({ length: AT_ONCE }, () => new pg.Client({ connectionString: url }));
    for (const client of clients) {
      await client.connect();
      context.teardown(() => client.end());
    }
    await clients[0]?.query("create table bare (id bigserial primary key, signed_bytes text not null)");
    return new BarePeer(clients);
  }

  insertAll(text: string, runs: number, atOnce: number): Promise<Row> {
    return timed(runs, atOnce, async (_, worker) => {
      const client = this.#clients[worker];
      await client?.query("begin");
      await client?.query("insert into bare (signed_bytes) values ($1)", [text]);
      await client?.query("commit");
    });
  }
}
