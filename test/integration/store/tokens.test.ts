import { createHash, randomUUID } from "node:crypto";
import test from "ava";
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
  t.true(await store.revokeToken({ id: viewer.id, revokedAt: 10 }));
  t.deepEqual(await store.listTokens(), [admin, { ...service, expiresAt: undefined }]);
});

test("a token is revoked once, and an unknown one not at all", async (t) => {
  const { store } = await openTestStore(t);
  const token = makeToken("viewer", 1);
  await store.insertToken(token);
  const revoke = () => store.revokeToken({ id: token.id, revokedAt: 2 });
  t.deepEqual(await Promise.all([revoke(), revoke()]).then((answers) => answers.sort()), [false, true]);
  t.false(await store.revokeToken({ id: randomUUID(), revokedAt: 2 }));
});

test("there is an admin token while one was made and not revoked", async (t) => {
  const { store } = await openTestStore(t);
  const admin = makeToken("admin", 1);
  await store.insertToken(makeToken("viewer", 1));
  t.false(await store.hasAdminToken());
  await store.insertToken(admin);
  t.true(await store.hasAdminToken());
  await store.revokeToken({ id: admin.id, revokedAt: 2 });
  t.false(await store.hasAdminToken());
});

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
  t.is((await store.readRevision()).revision, 0n);
});
