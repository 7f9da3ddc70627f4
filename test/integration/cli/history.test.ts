/** `licensectl history` and `licensectl timeline`, with the real program, server and database. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ListCapabilityChangesResponse } from "@license-service/contract";
import test from "ava";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { createTeardown, licensectl, temporaryDirectory } from "./_licensectl.ts";

test("what an upload changed is history, and what it brings is timeline", async (t) => {
  const teardown = createTeardown();
  t.teardown(() => teardown.run());
  const rpc = await startRpcService(teardown);
  const directory = await temporaryDirectory(teardown);
  const { address, dataDirectory } = rpc.service;
  const ctl = (...args: readonly string[]) =>
    licensectl([...args, "--address", address, "--data-dir", dataDirectory]);
  const end = new Date(Math.floor(rpc.clock.now() / 1000) * 1000 + 30 * 86_400_000);
  await rpc.install({ edition: "standard" });
  const file = join(directory, "gpu.lic");
  await writeFile(file, await rpc.issue({ item: "gpu", exp: end.getTime() / 1000 }));
  t.is((await ctl("upload", file)).code, 0);

  const table = await ctl("history", "--capability", "gpu");
  t.is(table.stderr, "");
  t.regex(
    table.stdout,
    /gpu +DISABLED NOT_LICENSED +ENABLED GRANTED +upload +License .* give it\.\n\n1 change of gpu\n$/,
  );
  const { stdout } = await ctl("history", "--capability", "gpu", "--json");
  t.is(ListCapabilityChangesResponse.fromJSON(JSON.parse(stdout)).changes[0]?.key, "gpu");
  const refused = await ctl("history", "--capability", "gppu");
  t.is(refused.code, 1);
  t.regex(refused.stderr, /INVALID_REQUEST/);

  const coming = await ctl("timeline", "--days", "60");
  t.is(coming.stderr, "");
  const instant = end.toISOString().replace(".000Z", "Z");
  t.regex(
    coming.stdout,
    new RegExp(`${instant} +29 d +gpu \\(paid\\) +runs +ends\n +gpu +ENABLED GRANTED +DISABLED EXPIRED\n`),
  );
  t.regex(coming.stdout, new RegExp(`\ngpu +#+\\.+ +disabled ${instant.slice(0, 10)}\n`));
  const document = JSON.parse((await ctl("timeline", "--days", "60", "--json")).stdout);
  t.is(document.isComplete, true);
  t.deepEqual(
    document.changes.map(({ time }: { time: string }) => time),
    [end.toISOString()],
  );
  await rpc.service.stop();
  const offline = await licensectl([
    "timeline",
    "--days",
    "60",
    "--offline",
    "--development",
    "--data-dir",
    dataDirectory,
  ]);
  t.is(offline.code, 0);
  t.regex(offline.stdout, new RegExp(`^Offline: [^\n]+\n\nWHEN[^\n]+\n${instant} `));
});
