import test from "ava";
import { pino } from "pino";
import { createToken, hashToken } from "../../../src/identity/token.ts";
import { TokenFollower } from "../../../src/identity/token-follower.ts";
import { TokenTable } from "../../../src/identity/token-table.ts";
import type { StoreRevisions } from "../../../src/store/revisions.ts";
import type { TokenRow } from "../../../src/store/types.ts";

const log = pino({ level: "silent" });

function rowOf(token: string): TokenRow {
  const sha256 = hashToken(token);
  return {
    id: "1",
    name: "n",
    role: "admin",
    sha256,
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  };
}

/** Tokens that a test changes, and a database that it takes away. */
function createSource(...rows: TokenRow[]) {
  const source = {
    rows,
    failure: undefined as Error | undefined,
    listed: 0,
    revisions: { revision: { storeId: "a", epoch: 1n, revision: 0n }, tokenRevision: 1n } as StoreRevisions,
    async readRevisions() {
      if (source.failure) throw source.failure;
      return source.revisions;
    },
    async listTokens() {
      source.listed++;
      return source.rows;
    },
  };
  return source;
}

/** A follower that polls without pause, and the end of its next poll. */
async function follow(
  t: { teardown(work: () => Promise<void>): void },
  source: ReturnType<typeof createSource>,
) {
  const table = new TokenTable();
  let polled: () => void = () => undefined;
  const follower = await TokenFollower.start({ source, table, pollMs: 1, log, onPolled: () => polled() });
  t.teardown(() => follower.close());
  const nextPoll = async () => {
    // The poll that runs now may have read before the test changed anything.
    for (let polls = 0; polls < 2; polls++) {
      await new Promise<void>((resolve) => {
        polled = resolve;
      });
    }
  };
  return { table, nextPoll, follower };
}

test("tokens are read at the start, and again only when their revision, the epoch or the store changes", async (t) => {
  const token = createToken();
  const source = createSource(rowOf(token));
  const { table, nextPoll } = await follow(t, source);
  t.is(table.identify(`Bearer ${token}`, 0).role, "admin");
  await nextPoll();
  t.is(source.listed, 1);
  source.rows = [];
  source.revisions = { ...source.revisions, tokenRevision: 2n };
  await nextPoll();
  t.is(source.listed, 2);
  t.throws(() => table.identify(`Bearer ${token}`, 0), { message: /not known/ });
  source.revisions = { ...source.revisions, revision: { ...source.revisions.revision, epoch: 2n } };
  await nextPoll();
  t.is(source.listed, 3);
  source.revisions = { ...source.revisions, revision: { ...source.revisions.revision, storeId: "b" } };
  await nextPoll();
  t.is(source.listed, 4);
});

test("while the database is away the tokens of the last read stand, and come right when it is back", async (t) => {
  const token = createToken();
  const source = createSource(rowOf(token));
  const { table, nextPoll } = await follow(t, source);
  source.failure = new Error("away");
  source.rows = [];
  source.revisions = { ...source.revisions, tokenRevision: 2n };
  await nextPoll();
  t.is(table.identify(`Bearer ${token}`, 0).id, "1");
  source.failure = undefined;
  await nextPoll();
  t.throws(() => table.identify(`Bearer ${token}`, 0));
});

test("a refresh waits for the read that runs, so that the older one does not win", async (t) => {
  const [before, after] = [createToken(), createToken()];
  const source = createSource();
  const table = new TokenTable();
  const follower = await TokenFollower.start({ source, table, pollMs: 60_000, log, onPolled: () => {} });
  t.teardown(() => follower.close());
  const change = (token: string, tokenRevision: bigint) => {
    source.rows = [rowOf(token)];
    source.revisions = { ...source.revisions, tokenRevision };
  };
  // The first read has seen its revision, and its list arrives late.
  const gate = Promise.withResolvers<void>();
  const { listTokens } = source;
  source.listTokens = async () => {
    const rows = await listTokens();
    source.listTokens = listTokens;
    await gate.promise;
    return rows;
  };
  change(before, 2n);
  const early = follower.refresh();
  await new Promise((resolve) => setImmediate(resolve));
  change(after, 3n);
  const late = follower.refresh();
  gate.resolve();
  await Promise.all([early, late]);
  t.is(table.identify(`Bearer ${after}`, 0).name, "n");
  t.throws(() => table.identify(`Bearer ${before}`, 0));
});

test("a refresh that fails says so, and a forgotten token stays forgotten whatever is read", async (t) => {
  const token = createToken();
  const source = createSource(rowOf(token));
  const { table, follower, nextPoll } = await follow(t, source);
  source.failure = new Error("away");
  await t.throwsAsync(follower.refresh(), { message: "away" });
  t.is(table.identify(`Bearer ${token}`, 0).name, "n");
  follower.forget("1");
  t.throws(() => table.identify(`Bearer ${token}`, 0), { message: /not known/ });
  source.failure = undefined;
  source.revisions = { ...source.revisions, tokenRevision: 2n };
  await nextPoll();
  t.throws(() => table.identify(`Bearer ${token}`, 0), { message: /not known/ });
});

test("a start without tokens fails, and a closed follower reads no more", async (t) => {
  const source = createSource();
  source.failure = new Error("away");
  await t.throwsAsync(follow(t, source), { message: "away" });
  source.failure = undefined;
  const { follower } = await follow(t, source);
  await follower.close();
  const { listed } = source;
  source.revisions = { ...source.revisions, tokenRevision: 9n };
  await new Promise((resolve) => setImmediate(resolve));
  t.is(source.listed, listed);
});
