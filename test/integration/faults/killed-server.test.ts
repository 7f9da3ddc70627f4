import test from "ava";
import { killDuringUploads } from "../../drills/parts/kill-uploads.ts";
import { createTestDatabase } from "../../helpers/database.ts";

test("an upload that a killed server acknowledged is shown by a watch on another node, and is there after a restart", async (t) => {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const seen = await killDuringUploads(t, { databaseUrl: database.url, uploads: 60, killAfter: 20 });
  t.true(
    seen.acknowledged >= 20 && seen.refused > 0,
    `${seen.acknowledged} acknowledged, ${seen.refused} not`,
  );
  t.like(seen, { lost: 0, half: 0, agrees: true, isWatched: true });
});
