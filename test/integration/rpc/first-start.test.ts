import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { SEEN_REVISION_FILE } from "../../../src/platform/seen-revision.ts";
import { FIRST_START_FILE } from "../../../src/start/first-start-file.ts";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

const SETTINGS = { LICENSE_PROFILE: "zstack-zsphere" };

test("EV-8, ZV-ED-1: a trial does not begin anew on a new database: the earlier first start counts", async (t) => {
  const first = await startRpcService(t, { settings: SETTINGS });
  const { dataDirectory } = first.place;
  const { firstStartTime } = await first.call("getLicenseInfo");
  t.is(standingOf(await first.call("getLicenseCapabilities"), "compute"), "ENABLED GRANTED");
  await first.service.stop();
  // As the operator guide says, for a platform that is to begin anew.
  await rm(join(dataDirectory, SEEN_REVISION_FILE));

  const later = await startRpcService(t, {
    settings: SETTINGS,
    place: { dataDirectory },
    clockAheadMs: 31 * DAY_MS,
  });
  t.deepEqual((await later.call("getLicenseInfo")).firstStartTime, firstStartTime);
  t.is(standingOf(await later.call("getLicenseCapabilities"), "compute"), "VIEW_ONLY EXPIRED");
  const [row] = await later.query<{ first_start_at: Date }>("select first_start_at from platform");
  t.deepEqual(row?.first_start_at, firstStartTime);
});

test("EV-8: a first start in the data directory that the platform did not sign is replaced by that of the database", async (t) => {
  const first = await startRpcService(t, { settings: SETTINGS });
  const file = join(first.place.dataDirectory, FIRST_START_FILE);
  const signed = await readFile(file, "utf8");
  t.regex(signed, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  await first.service.stop();
  await writeFile(file, signed.replace(/\.(?=[^.]*$)./, ".A").replace(/^e/, "E"));

  await startRpcService(t, { settings: SETTINGS, place: first.place });
  t.is(await readFile(file, "utf8"), signed);
});
