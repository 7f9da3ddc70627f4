import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { pino } from "pino";
import { StartupError } from "../../../src/errors.ts";
import { openSeenRevision, SEEN_REVISION_FILE } from "../../../src/platform/seen-revision.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";

const silent = pino({ level: "silent" });

const MARK = {
  storeId: "3f0c8f0e-5b8c-4d5e-9d53-0d4c9a2f7a11",
  epoch: 2n,
  revision: 9_007_199_254_740_993n,
  id: "8a4e37f1-3c5e-4a6f-9a11-0d4c9a2f7a11",
};

async function openDirectory(t: { teardown(work: () => Promise<void>): void }): Promise<string> {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  await mkdir(data.path, { mode: 0o700 });
  return data.path;
}

test("what a node saw last is there after a restart, whatever its numbers", async (t) => {
  const directory = await openDirectory(t);
  const seen = await openSeenRevision(directory, silent);
  t.is(seen.current(), undefined);
  await seen.keep({ ...MARK, id: "11111111-3c5e-4a6f-9a11-0d4c9a2f7a11" });
  await Promise.all([seen.keep(MARK), seen.keep(MARK)]);
  t.true(seen.isOnDisk());
  t.deepEqual((await openSeenRevision(directory, silent)).current(), MARK);
  t.is((await stat(join(directory, SEEN_REVISION_FILE))).mode & 0o777, 0o600);
});

test("a damaged memory ends the start: to forget it is the operator's decision", async (t) => {
  const directory = await openDirectory(t);
  for (const text of ["", "{", "{}", '{"storeId":"x","epoch":"1","revision":"1","id":"y"}', "null"]) {
    await writeFile(join(directory, SEEN_REVISION_FILE), text);
    await t.throwsAsync(openSeenRevision(directory, silent), {
      instanceOf: StartupError,
      message: /seen-revision\.json.* is damaged: restore it, or remove it/,
    });
  }
});

test("on a disk that takes no more the process remembers, says so once, and writes as soon as it can", async (t) => {
  const directory = await openDirectory(t);
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const seen = await openSeenRevision(directory, log);
  // A directory that is not there takes no file, whoever asks.
  await rm(directory, { recursive: true });
  await seen.keep(MARK);
  await seen.keep({ ...MARK, revision: 1n, id: "22222222-3c5e-4a6f-9a11-0d4c9a2f7a11" });
  t.is(lines.length, 1);
  t.false(seen.isOnDisk());
  t.is(seen.current()?.revision, 1n);
  await mkdir(directory, { mode: 0o700 });
  await chmod(directory, 0o700);
  await seen.keep(MARK);
  t.true(seen.isOnDisk());
  t.regex(await readFile(join(directory, SEEN_REVISION_FILE), "utf8"), /"revision":"9007199254740993"/);
});
