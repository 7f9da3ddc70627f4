import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import { createFileDurably, writeFileDurably } from "../../../src/platform/durable-file.ts";

const test = anyTest as TestFn<{ directory: string }>;

test.beforeEach(async (t) => {
  t.context.directory = await mkdtemp(join(tmpdir(), "license-durable-"));
});
test.afterEach.always((t) => rm(t.context.directory, { recursive: true }));

test("a durably written file has its content and its mode, and leaves nothing beside it", async (t) => {
  const path = join(t.context.directory, "file");
  await writeFileDurably(path, "first");
  t.is((await stat(path)).mode & 0o777, 0o600, "the default mode");
  await writeFileDurably(path, Buffer.from("second"), 0o644);
  t.is(await readFile(path, "utf8"), "second");
  t.is((await stat(path)).mode & 0o777, 0o644);
  t.deepEqual(await readdir(t.context.directory), ["file"]);
});

test("the mode holds under any umask", async (t) => {
  const path = join(t.context.directory, "file");
  const before = process.umask(0o077);
  try {
    await writeFileDurably(path, "shared", 0o644);
  } finally {
    process.umask(before);
  }
  t.is((await stat(path)).mode & 0o777, 0o644);
});

test("a reader of a file that is written again and again sees whole contents only", async (t) => {
  const path = join(t.context.directory, "file");
  const contents = ["a", "b"].map((letter) => letter.repeat(100_000));
  await writeFileDurably(path, contents[0] ?? "");
  let isWriting = true;
  const writer = (async () => {
    for (let round = 0; round < 20; round++) await writeFileDurably(path, contents[round % 2] ?? "");
    isWriting = false;
  })();
  while (isWriting) t.true(contents.includes(await readFile(path, "utf8")));
  await writer;
});

test("a write that fails leaves the old content and nothing beside it", async (t) => {
  const path = join(t.context.directory, "occupied");
  await t.throwsAsync(writeFileDurably(join(path, "file"), "text"), { code: "ENOENT" });
  await writeFile(path, "old");
  await t.throwsAsync(writeFileDurably(join(path, "file"), "text"), { code: "ENOTDIR" });
  t.is(await readFile(path, "utf8"), "old");
  t.deepEqual(await readdir(t.context.directory), ["occupied"]);
});

test("a file that is created durably replaces none, and leaves nothing beside it", async (t) => {
  const path = join(t.context.directory, "file");
  await createFileDurably(path, "first");
  t.is((await stat(path)).mode & 0o777, 0o600);
  await t.throwsAsync(createFileDurably(path, "second"), { code: "EEXIST" });
  t.is(await readFile(path, "utf8"), "first");
  t.deepEqual(await readdir(t.context.directory), ["file"]);
});
