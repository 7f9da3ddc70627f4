import { createHash, randomUUID } from "node:crypto";
import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import type { Role, TokenRow } from "../../../src/store/types.ts";
import { openTestStore } from "./fixtures.ts";

function makeToken(role: Role, createdAt: number): TokenRow {
  const id = randomUUID();
  const sha256 = createHash("sha256").update(id).digest("hex");
  return {
    id,
    name: `${role} token`,
    role,
    sha256,
    createdAt,
    expiresAt: createdAt + 1,
    revokedAt: undefined,
  };
}

test("tokens are listed as they were kept, the oldest first, without the revoked ones", async (t) => {
  const { store } = await openTestStore(t);
  const [viewer, admin, service] = [makeToken("viewer", 3), makeToken("admin", 1), makeToken("service", 2)];
  for (const token of [viewer, admin, { ...service, expiresAt: undefined }]) await store.insertToken(token);
  t.deepEqual(await store.revokeToken({ id: viewer.id, revokedAt: 10 }), viewer);
  t.deepEqual(await store.listTokens(), [admin, { ...service, expiresAt: undefined }]);
});

test("a token is revoked once, and an unknown one not at all", async (t) => {
  const { store } = await openTestStore(t);
  const token = makeToken("viewer", 1);
  await store.insertToken(token);
  const revoke = (id: string) => reasonOf(store.revokeToken({ id, revokedAt: 2 }));
  const answers = await Promise.all([revoke(token.id), revoke(token.id)]);
  t.deepEqual(answers.sort(), ["TOKEN_NOT_FOUND", "revoked viewer token"]);
  t.is(await revoke(randomUUID()), "TOKEN_NOT_FOUND");
});

test("of two racing revocations that would take the last two admin tokens, one is refused", async (t) => {
  const { store } = await openTestStore(t);
  for (let round = 0; round < 10; round++) {
    const pair = [makeAdmin(undefined), makeAdmin(undefined)];
    for (const token of pair) await store.insertToken(token);
    const answers = await Promise.all(
      pair.map(({ id }) => reasonOf(store.revokeToken({ id, revokedAt: 2 }))),
    );
    t.deepEqual(answers.sort(), ["LAST_ADMIN_TOKEN", "revoked admin token"]);
    t.true(await store.hasAdminToken(2));
    // The one that is left makes room for the next round.
    const [left] = await store.listTokens();
    const further = makeAdmin(3);
    await store.insertToken(further);
    t.is(await reasonOf(store.revokeToken({ id: left?.id ?? "", revokedAt: 2 })), "revoked admin token");
    t.is(await reasonOf(store.revokeToken({ id: further.id, revokedAt: 3 })), "revoked admin token");
  }
});

test("the last admin token in force is kept; expired ones and those of other roles do not stand in for it", async (t) => {
  const { store } = await openTestStore(t);
  const [last, expired, viewer] = [makeAdmin(undefined), makeAdmin(10), makeToken("viewer", 1)];
  for (const token of [last, expired, viewer]) await store.insertToken(token);
  const revoke = (id: string, revokedAt: number) => reasonOf(store.revokeToken({ id, revokedAt }));
  t.is(await revoke(last.id, 10), "LAST_ADMIN_TOKEN");
  t.is((await store.listTokens()).length, 3);
  t.is(await revoke(last.id, 9), "revoked admin token");
  t.is(await revoke(expired.id, 9), "LAST_ADMIN_TOKEN");
  t.is(await revoke(expired.id, 10), "revoked admin token");
});

test("there is an admin token while one is in force: neither revoked nor expired", async (t) => {
  const { knex, store } = await openTestStore(t);
  const admin = makeAdmin(5);
  await store.insertToken(makeToken("viewer", 1));
  t.false(await store.hasAdminToken(2));
  await store.insertToken(admin);
  t.true(await store.hasAdminToken(4));
  t.false(await store.hasAdminToken(5));
  await knex("tokens")
    .where({ id: admin.id })
    .update({ revoked_at: new Date(2) });
  t.false(await store.hasAdminToken(4));
});

/** "revoked <name>", or the reason of the refusal. */
async function reasonOf(revocation: Promise<TokenRow>): Promise<string> {
  try {
    return `revoked ${(await revocation).name}`;
  } catch (error) {
    if (error instanceof ServiceError) return error.reason;
    throw error;
  }
}

function makeAdmin(expiresAt: number | undefined): TokenRow {
  return { ...makeToken("admin", 1), expiresAt };
}

test("every change of tokens raises the token revision, also one made by hand, and no license revision", async (t) => {
  const { knex, store } = await openTestStore(t);
  const token = makeToken("viewer", 1);
  const seen: bigint[] = [(await store.readRevisions()).tokenRevision];
  for (const change of [
    () => store.insertToken(token),
    () => store.revokeToken({ id: token.id, revokedAt: 2 }),
    () => knex("tokens").update({ revoked_at: null }),
    () => knex("tokens").del(),
    () => knex("tokens").truncate(),
  ]) {
    await change();
    seen.push((await store.readRevisions()).tokenRevision);
  }
  t.deepEqual(seen, [0n, 1n, 2n, 3n, 4n, 5n]);
  t.is((await store.readRevisions()).revision.revision, 0n);
});
