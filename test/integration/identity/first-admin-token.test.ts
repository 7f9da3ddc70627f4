import { readFile, stat } from "node:fs/promises";
import test from "ava";
import { ensureFirstAdminToken } from "../../../src/identity/first-admin-token.ts";
import { hashToken } from "../../../src/identity/token.ts";
import { temporaryDirectory } from "../cli/_licensectl.ts";
import { openTestStore } from "../store/fixtures.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");

function clockAt(now: number) {
  return { now: () => now };
}

test("a start makes an admin token only when none is in force, and replaces the file", async (t) => {
  const { knex, store } = await openTestStore(t);
  const directory = await temporaryDirectory(t);
  const read = async (path: string | undefined) => (await readFile(path ?? "", "utf8")).trim();
  const first = await ensureFirstAdminToken(store, directory, clockAt(NOW));
  const firstToken = await read(first);
  t.is(((await stat(first ?? "")).mode & 0o777).toString(8), "600");
  t.is(await ensureFirstAdminToken(store, directory, clockAt(NOW + 1)), undefined);

  // All admin tokens expired: everybody is locked out.
  await knex("tokens").update({ expires_at: new Date(NOW + 10) });
  t.is(await ensureFirstAdminToken(store, directory, clockAt(NOW + 9)), undefined);
  t.is(await ensureFirstAdminToken(store, directory, clockAt(NOW + 10)), first);
  const secondToken = await read(first);
  t.not(secondToken, firstToken);

  // All revoked, behind the service's back.
  await knex("tokens").update({ revoked_at: new Date(NOW + 11) });
  t.is(await ensureFirstAdminToken(store, directory, clockAt(NOW + 12)), first);
  t.deepEqual(
    (await store.listTokens()).map(({ name, role, sha256 }) => ({ name, role, sha256 })),
    [{ name: "first admin", role: "admin", sha256: hashToken(await read(first)) }],
  );
});

test("of two servers that start at once, one makes the admin token", async (t) => {
  const { store } = await openTestStore(t);
  const directories = await Promise.all([temporaryDirectory(t), temporaryDirectory(t)]);
  const files = await Promise.all(
    directories.map((directory) => ensureFirstAdminToken(store, directory, clockAt(NOW))),
  );
  t.is(files.filter((file) => file !== undefined).length, 1);
  t.is((await store.listTokens()).length, 1);
});
