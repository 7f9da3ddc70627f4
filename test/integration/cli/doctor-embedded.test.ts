/** `licensectl doctor` beside a server with a PostgreSQL of its own. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { forkEmbeddedService } from "../../helpers/embedded-service-process.ts";
import { runChecked } from "./_node.ts";

test("the server's own PostgreSQL is told to be missing, running or stopped, and is never started", async (t) => {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const env = {
    LICENSE_DATA_DIR: data.path,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_PLAINTEXT: "on",
    LICENSE_METRICS_LISTEN: "off",
  };
  const none = await runChecked(["doctor"], env);
  t.regex(none.find("embedded PostgreSQL").seen, /there is no PostgreSQL of this data directory yet/);
  t.is(none.find("database").outcome, "skip");

  const service = forkEmbeddedService(data);
  t.teardown(() => service.end("SIGTERM"));
  const report = await service.nextReport();
  t.true("postmasterId" in report, JSON.stringify(report));
  const running = await runChecked(["doctor"], env);
  const pid = "postmasterId" in report ? report.postmasterId : 0;
  t.true(running.find("embedded PostgreSQL").seen.endsWith(` runs as process ${pid}`));
  t.regex(running.find("database").seen, /^PostgreSQL \d.* at socket .*, login license_service/);
  // This process only keeps the database: nobody has migrated it.
  t.is(running.find("schema").outcome, "fail");

  await service.end("SIGTERM");
  for (const _ of [1, 2]) {
    const stopped = await runChecked(["doctor"], env);
    t.regex(stopped.find("embedded PostgreSQL").seen, / is stopped, as it is while no server runs$/);
    t.is(stopped.find("database").outcome, "skip");
  }
  await writeFile(join(data.path, "postgresql-home"), "/nowhere/at/all\n");
  const lost = await runChecked(["doctor"], env);
  t.is(lost.find("embedded PostgreSQL").outcome, "fail");
  t.regex(lost.find("embedded PostgreSQL").seen, /"\/nowhere\/at\/all", where the database .* lay, is gone/);
});
