import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { type KeptState, parseKeptState } from "../../../src/snapshot/kept-state.ts";
import { StateKeeper } from "../../../src/snapshot/state-keeper.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

/** A hub over a store in memory, and a directory for the file. */
async function prepare(t: ExecutionContext) {
  const directory = await mkdtemp(join(tmpdir(), "license-keeper-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const platform = await createTestPlatform(ISSUED_AT);
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line) => void lines.push(JSON.parse(line).msg) });
  const file = join(directory, "license-state.json");
  const start = () => {
    const { clock, timers } = platform.time;
    const keeper = new StateKeeper({ hub, dataDirectory: directory, clock, timers, log });
    t.teardown(() => keeper.close());
    return keeper;
  };
  return { ...platform, hub, directory, file, lines, start };
}

async function readKept(file: string): Promise<KeptState> {
  const kept = parseKeptState(await readFile(file, "utf8"));
  if ("fault" in kept) throw new Error(kept.fault);
  return kept;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Waits for what the disk does on other threads. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setImmediate();
}

test("ZL-6: every state that the node adopts is kept, word for word, closed to others", async (t) => {
  const { store, hub, file, start, install, time } = await prepare(t);
  const keeper = start();
  await until(() => isThere(file));
  t.deepEqual(await readKept(file), {
    writtenAt: ISSUED_AT,
    profile: "zstack-cloud",
    productVersion: undefined,
    stored: store.state,
  });
  t.is((await stat(file)).mode & 0o777, 0o600);
  await install({});
  time.jump(5_000);
  await hub.refresh();
  await keeper.close();
  const kept = await readKept(file);
  t.deepEqual(kept.stored, store.state);
  t.is(kept.stored.licenses.length, 1);
  t.is(kept.writtenAt, ISSUED_AT + 5_000);
  t.deepEqual(keeper.alerts(), []);
});

test("the end of a license changes no row, and is no reason to write", async (t) => {
  const { hub, file, start, install, time } = await prepare(t);
  await install({ exp: ISSUED_AT / 1000 + 60 });
  await hub.refresh();
  const keeper = start();
  await until(() => isThere(file));
  const before = await stat(file);
  let told = 0;
  hub.subscribe(() => {
    told += 1;
  });
  await time.pass(61_000);
  t.is(told, 1);
  await keeper.close();
  t.is((await stat(file)).ino, before.ino);
});

test("an edit by hand under one revision is kept", async (t) => {
  const { store, hub, file, start, install } = await prepare(t);
  await install({});
  await hub.refresh();
  const keeper = start();
  await until(() => isThere(file));
  store.state = { ...store.state, licenses: [] };
  await hub.refresh();
  await keeper.close();
  t.deepEqual((await readKept(file)).stored.licenses, []);
});

test("of states that follow each other fast the latest is kept", async (t) => {
  const { store, hub, file, start, install, directory } = await prepare(t);
  const keeper = start();
  for (let number = 0; number < 5; number++) {
    await install({ jti: `L-${number}` });
    await hub.refresh();
  }
  await keeper.close();
  t.deepEqual((await readKept(file)).stored, store.state);
  t.is(store.state.licenses.length, 5);
  t.deepEqual(await readdir(directory), ["license-state.json"]);
});

test("a file that cannot be written is one line and an alert, is tried each minute, and answers go on", async (t) => {
  const { hub, file, lines, start, install, time, store } = await prepare(t);
  // In the place of a full or read-only disk: it fails for root too.
  await mkdir(join(file, "in-the-way"), { recursive: true });
  const keeper = start();
  await until(() => keeper.alerts().length > 0);
  const [alert] = keeper.alerts();
  t.like(alert, { kind: "DATA_DIRECTORY", severity: "WARNING", subject: "license-state.json" });
  t.regex(
    alert?.message ?? "",
    /^The licenses cannot be kept in the data directory: a directory lies in its place\./,
  );
  await install({});
  await hub.refresh();
  t.is(hub.current().state.licenses.length, 1);
  await time.pass(300_000);
  t.is(keeper.alerts().length, 1);
  t.deepEqual(lines, ["the licenses cannot be kept in the data directory; serving goes on"]);

  await rm(file, { recursive: true });
  // A minute of the service passes faster than the disk works.
  await until(async () => {
    await time.pass(60_000);
    return keeper.alerts().length === 0;
  });
  t.deepEqual((await readKept(file)).stored, store.state);
  t.is(lines.length, 2);
});

test("what a killed process left of a write is removed, and nothing else", async (t) => {
  const { directory, start } = await prepare(t);
  const names = ["license-state.json.5f8b3c9e.tmp", "node-id", "seen-revision.json.5f8b3c9e.tmp"];
  for (const name of names) await writeFile(join(directory, name), "{");
  const keeper = start();
  await keeper.close();
  t.deepEqual((await readdir(directory)).sort(), ["license-state.json", ...names.slice(1)].sort());
});
