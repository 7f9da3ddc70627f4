import { chown, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { runCli } from "./_capture.ts";
import { type KeptDirectory, makeKeptDirectory } from "./_data-directory.ts";

/** Runs `licensectl drop` on a file of the data directory's own. */
async function drop({ path }: KeptDirectory, name: string, content: string, ...args: readonly string[]) {
  const file = join(path, name);
  await writeFile(file, content);
  return runCli(["drop", file, "--data-dir", path, ...args]);
}

test("ZL-6: drop puts a license into the drop folder, closed to others, and says what takes it", async (t) => {
  const directory = await makeKeptDirectory(t);
  const license = await directory.issue();
  const { code, stdout, stderr } = await drop(directory, "base.lic", license);
  const path = join(directory.path, "drop", "base.lic");
  t.deepEqual(
    { code, stdout, stderr },
    { code: 0, stdout: `${path}\n"licensectl reload" has the server install it.\n`, stderr: "" },
  );
  t.is(await readFile(path, "utf8"), license);
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.is((await stat(join(directory.path, "drop"))).mode & 0o777, 0o700);
});

test("a name that is taken gets a number, and nothing unfinished is left", async (t) => {
  const directory = await makeKeptDirectory(t);
  const license = await directory.issue();
  const runs = await Promise.all([1, 2, 3].map(() => drop(directory, "base.lic", license)));
  t.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0],
  );
  const names = await readdir(join(directory.path, "drop"));
  t.deepEqual(names.sort(), ["base-2.lic", "base-3.lic", "base.lic"]);
});

test("what is against a file is a warning, and it is dropped all the same", async (t) => {
  const directory = await makeKeptDirectory(t);
  const other = await makeKeptDirectory(t);
  const foreign = await drop(directory, "other.lic", await other.issue());
  t.is(foreign.code, 0);
  t.regex(foreign.stderr, /^Warning: UNKNOWN_VENDOR_KEY /);
  t.regex(foreign.stdout, /drop\/other\.lic\nThe server is likely to refuse it\./);
  const elsewhere = await directory.issue({ sub: `request:${"A".repeat(43)}` });
  const { stdout } = await drop(directory, "elsewhere.lic", elsewhere, "--json");
  t.like(JSON.parse(stdout), {
    file: join(directory.path, "drop", "elsewhere.lic"),
    bytes: elsewhere.length,
    warnings: [{ reason: "OTHER_PLATFORM" }],
  });
});

test("where no vendor's key is at hand, the form of a file is looked at", async (t) => {
  const directory = await makeKeptDirectory(t);
  const license = await directory.issue();
  await rm(join(directory.path, "test-vendor"), { recursive: true });
  t.is((await drop(directory, "base.lic", license)).stderr, "");
  t.regex((await drop(directory, "junk.lic", "junk")).stderr, /^Warning: NOT_A_LICENSE /);
  t.regex((await drop(directory, "empty.lic", "")).stderr, /^Warning: EMPTY_PACKAGE /);
});

test("a file that cannot be dropped is refused, and the folder stays as it is", async (t) => {
  const directory = await makeKeptDirectory(t);
  const huge = join(directory.path, "huge.lic");
  await writeFile(huge, "");
  await truncate(huge, 9 * 1024 * 1024);
  const cases = [
    [[join(directory.path, "nowhere.lic")], /there is no such file/],
    [[directory.path], /it is a directory/],
    [[huge], /larger than 8388608 bytes/],
    [[join(directory.path, ".hidden.lic")], /passes over "\.hidden\.lic"/],
    [[join(directory.path, "base.lic.tmp")], /passes over "base\.lic\.tmp"/],
  ] as const;
  for (const [args, message] of cases) {
    const { code, stderr } = await runCli(["drop", ...args, "--data-dir", directory.path]);
    t.is(code, 2);
    t.regex(stderr, message);
  }
  t.false((await readdir(directory.path)).includes("drop"));
});

test("a drop folder that leads elsewhere is not followed", async (t) => {
  const directory = await makeKeptDirectory(t);
  const elsewhere = await makeKeptDirectory(t);
  await symlink(elsewhere.path, join(directory.path, "drop"));
  const { code, stderr } = await drop(directory, "base.lic", await directory.issue());
  t.is(code, 2);
  t.regex(stderr, /drop is not a directory/);
  t.false((await readdir(elsewhere.path)).includes("base.lic"));
});

test("what root drops belongs to the owner of the data directory, the account of the server", async (t) => {
  const directory = await makeKeptDirectory(t);
  // Only root can give a directory away; of everybody else's, the owner is the same account anyway.
  if (process.getuid?.() === 0) await chown(directory.path, 65_534, 65_534);
  const { uid, gid } = await stat(directory.path);
  await drop(directory, "base.lic", await directory.issue());
  for (const made of ["drop", "drop/base.lic"]) {
    t.like(await stat(join(directory.path, made)), { uid, gid }, made);
  }
});
