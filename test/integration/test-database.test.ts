import test from "ava";
import { withClient } from "../../src/store/embedded/connection.ts";
import { createTestDatabase } from "../helpers/database.ts";

test("databases cloned at the same time are each other's strangers", async (t) => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase()));
  try {
    const [first, ...others] = databases;
    t.truthy(first);
    await withClient(first?.url ?? "", (client) => client.query("CREATE TABLE only_here ()"));
    for (const { url } of others) {
      const { rows } = await withClient(url, (client) =>
        client.query("SELECT to_regclass('only_here') AS found"),
      );
      t.deepEqual(rows, [{ found: null }]);
    }
  } finally {
    await Promise.all(databases.map((database) => database.drop()));
  }
});

test("a dropped test database is gone, with the connections that were open", async (t) => {
  const database = await createTestDatabase();
  const failure = await withClient(database.url, async (client) => {
    await client.query("SELECT 1");
    await database.drop();
    return t.throwsAsync(client.query("SELECT 1"));
  });
  t.truthy(failure);
  await t.throwsAsync(
    withClient(database.url, (client) => client.query("SELECT 1")),
    { code: "3D000" },
  );
});
