import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import { lastWords, openLog, readLogFrom } from "../../../../src/store/embedded/log-file.ts";

const test = anyTest as TestFn<{ directory: string }>;

test.beforeEach(async (t) => {
  t.context.directory = await mkdtemp(join(tmpdir(), "license-log-"));
});
test.afterEach.always((t) => rm(t.context.directory, { recursive: true }));

test("a log goes on where it was, and tells the words of this start from earlier ones", async (t) => {
  const path = join(t.context.directory, "log");
  await writeFile(path, "earlier\n");
  const { handle, startsAtByte } = await openLog(path);
  await handle.write("now\n");
  await handle.close();
  t.is(await readLogFrom(path, startsAtByte), "now\n");
  t.is(await readFile(path, "utf8"), "earlier\nnow\n");
});

test("a log of a mebibyte is put aside, so that two files are all there ever is", async (t) => {
  const path = join(t.context.directory, "log");
  for (const letter of ["a", "b"]) {
    await writeFile(path, letter.repeat(1024 * 1024));
    const { handle, startsAtByte } = await openLog(path);
    await handle.close();
    t.is(startsAtByte, 0);
    t.is(await readFile(path, "utf8"), "");
    t.is((await readFile(`${path}.1`, "utf8"))[0], letter);
  }
});

test("the last words are the telling lines, without time and process", (t) => {
  const output = [
    '2030-01-01 00:00:00.000 UTC [7] LOG:  listening on Unix socket "x"',
    "2030-01-01 00:00:00.001 UTC [8] FATAL:  the database system is starting up",
    '2030-01-01 00:00:00.002 UTC [7] LOG:  invalid value for parameter "shared_buffers": "lots"',
    '2030-01-01 00:00:00.003 UTC [7] FATAL:  configuration file "f" contains errors',
    "",
  ];
  t.is(
    lastWords(output.join("\n")),
    'LOG:  invalid value for parameter "shared_buffers": "lots" / FATAL:  configuration file "f" contains errors',
  );
  t.is(lastWords(""), "");
});

test("threat 27: last words are one bounded line of printable characters", (t) => {
  const words = lastWords(`FATAL: \u001b[31m\r\u202e${"x".repeat(1000)}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(words, /[\u0000-\u001f\u202e]/);
  t.is(words.length, 243);
});
