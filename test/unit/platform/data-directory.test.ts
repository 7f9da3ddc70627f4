import { fork } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { EXIT_CODES, StartupError } from "../../../src/errors.ts";
import { openDataDirectory } from "../../../src/platform/data-directory.ts";

const test = anyTest as TestFn<{ parent: string }>;

test.beforeEach(async (t) => {
  t.context.parent = await mkdtemp(join(tmpdir(), "license-directory-"));
});
test.afterEach.always((t) => rm(t.context.parent, { recursive: true }));

test("a new data directory is closed to others, parents included, and has a node id", async (t) => {
  const path = join(t.context.parent, "deep", "data");
  const directory = await openDataDirectory(path);
  t.regex(directory.nodeId, /^[0-9a-f-]{36}$/);
  for (const made of [path, join(path, "..")]) t.is((await stat(made)).mode & 0o777, 0o700);
  t.is((await stat(join(path, "node-id"))).mode & 0o777, 0o600);
  directory.close();
});

test("the node id stays, and the lock is free again after close", async (t) => {
  const path = join(t.context.parent, "data");
  const first = await openDataDirectory(path);
  first.close();
  const second = await openDataDirectory(path);
  t.is(second.nodeId, first.nodeId);
  second.close();
});

test("an open data directory is refused to a second one, by whatever path", async (t) => {
  const path = join(t.context.parent, "data");
  const directory = await openDataDirectory(path);
  await symlink(path, join(t.context.parent, "link"));
  for (const other of [path, join(t.context.parent, "link")]) {
    const error = await t.throwsAsync(openDataDirectory(other), { instanceOf: StartupError });
    t.is(error?.exitCode, EXIT_CODES.dataDirectoryInUse);
    t.regex(error?.message ?? "", /^another process serves from the data directory "/);
  }
  directory.close();
});

test("a process holds its data directory without holding the object, and by kill -9 gives it up", async (t) => {
  const path = join(t.context.parent, "data");
  const holder = join(t.context.parent, "holder.ts");
  const module = new URL("../../../src/platform/data-directory.ts", import.meta.url).href;
  await writeFile(
    holder,
    `import { openDataDirectory } from ${JSON.stringify(module)};
     const { nodeId } = await openDataDirectory(${JSON.stringify(path)});
     process.on("disconnect", () => process.exit());
     for (let round = 0; round < 3; round++) {
       await new Promise(setImmediate);
       globalThis.gc();
     }
     process.send(nodeId);`,
  );
  const child = fork(holder, { execArgv: ["--expose-gc"] });
  t.teardown(() => child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const [nodeId] = await once(child, "message");
  const error = await t.throwsAsync(openDataDirectory(path), { instanceOf: StartupError });
  t.is(error?.exitCode, EXIT_CODES.dataDirectoryInUse);

  child.kill("SIGKILL");
  await exit;
  const directory = await openDataDirectory(path);
  t.is(directory.nodeId, nodeId);
  directory.close();
});

test("of many who open one new data directory at the same time, one gets it", async (t) => {
  const path = join(t.context.parent, "data");
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openDataDirectory(path)));
  const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
  t.is(won.length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") t.is(outcome.reason.exitCode, EXIT_CODES.dataDirectoryInUse);
    else outcome.value.close();
  }
});

test("a directory that others may read is closed to them, if it is empty or a data directory", async (t) => {
  const path = join(t.context.parent, "data");
  await mkdir(path);
  for (const round of ["empty", "known by its files"]) {
    await chmod(path, 0o755);
    const directory = await openDataDirectory(path);
    t.is((await stat(path)).mode & 0o777, 0o700, round);
    directory.close();
  }
});

test("a directory that others use is refused and left as it is", async (t) => {
  const path = join(t.context.parent, "shared");
  await mkdir(path);
  await chmod(path, 0o755);
  await writeFile(join(path, "something"), "");
  const error = await t.throwsAsync(openDataDirectory(path), { instanceOf: StartupError });
  t.is(error?.exitCode, EXIT_CODES.dataDirectory);
  t.is((await stat(path)).mode & 0o777, 0o755);
  t.deepEqual(await readdir(path), ["something"]);
});

test("a path that cannot become a directory is a readable refusal", async (t) => {
  const file = join(t.context.parent, "file");
  await writeFile(file, "content");
  const cases = [
    [file, /it is not a directory$/],
    [join(file, "data"), /a part of its path is not a directory$/],
    [join(t.context.parent, "x".repeat(300)), /its name is too long$/],
  ] as const;
  for (const [path, expected] of cases) {
    const error = await t.throwsAsync(openDataDirectory(path), { instanceOf: StartupError });
    t.is(error?.exitCode, EXIT_CODES.dataDirectory);
    t.regex(error?.message ?? "", expected);
    t.true((error?.message.length ?? 0) < 240);
  }
  t.is(await readFile(file, "utf8"), "content");
});

test("threat 27: control characters of a path do not reach the message", async (t) => {
  const path = join(t.context.parent, "a\u001b[31m\n\u202eb");
  await writeFile(path, "");
  const error = await t.throwsAsync(openDataDirectory(path), { instanceOf: StartupError });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(error?.message ?? "", /[\u0000-\u001f\u202e]/);
});

test("a node id that is none is refused, and the lock given back", async (t) => {
  const path = join(t.context.parent, "data");
  (await openDataDirectory(path)).close();
  await writeFile(join(path, "node-id"), "none\n");
  for (const round of [1, 2]) {
    const error = await t.throwsAsync(
      openDataDirectory(path),
      { instanceOf: StartupError },
      `round ${round}`,
    );
    t.is(error?.exitCode, EXIT_CODES.dataDirectory);
  }
});

/** Opens a data directory in a process without the rights of root; answers the outcome as text. */
async function openAsOrdinaryUser(t: ExecutionContext, path: string): Promise<string> {
  const program = join(await mkdtemp(join(tmpdir(), "license-program-")), "open.ts");
  t.teardown(() => rm(join(program, ".."), { recursive: true }));
  const module = new URL("../../../src/platform/data-directory.ts", import.meta.url).href;
  await writeFile(
    program,
    `import { openDataDirectory } from ${JSON.stringify(module)};
     if (process.getuid() === 0) process.setgid(${NOBODY}), process.setuid(${NOBODY});
     const outcome = await openDataDirectory(${JSON.stringify(path)}).then(
       () => "opened",
       (error) => error.exitCode + " " + error.message,
     );
     process.send(outcome, () => process.exit());`,
  );
  const child = fork(program);
  t.teardown(() => child.kill("SIGKILL"));
  const [outcome] = await once(child, "message");
  return outcome;
}

/** Number of an account without rights, on every system. */
const NOBODY = 65_534;

test("a data directory that may only be read is refused, and so is one whose lock may only be read", async (t) => {
  const path = join(t.context.parent, "data");
  (await openDataDirectory(path)).close();
  await chmod(t.context.parent, 0o711);
  if (process.getuid?.() === 0) {
    for (const made of [path, join(path, "node-id")]) await chown(made, NOBODY, NOBODY);
  }
  const lock = join(path, "lock.db");
  await chmod(lock, 0o444);
  t.regex(
    await openAsOrdinaryUser(t, path),
    /^21 the data directory .* this account may not read and write it$/,
  );
  await rm(lock);
  t.is(await openAsOrdinaryUser(t, path), "opened");
  await chmod(path, 0o500);
  t.regex(
    await openAsOrdinaryUser(t, path),
    /^21 the data directory .* this account may not read and write it$/,
  );
  t.is((await stat(path)).mode & 0o777, 0o500, "it is left as it is");
  await chmod(path, 0o700);
});
