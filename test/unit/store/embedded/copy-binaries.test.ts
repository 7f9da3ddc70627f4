import { execFile } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import anyTest, { type TestFn } from "ava";
import { binariesIn, locateBinaries } from "../../../../src/store/embedded/binaries.ts";
import { copyBinaries } from "../../../../src/store/embedded/copy-binaries.ts";

const test = anyTest as TestFn<{ parent: string }>;
const run = promisify(execFile);

test.beforeEach(async (t) => {
  t.context.parent = await mkdtemp(join(tmpdir(), "license-binaries-"));
});
test.afterEach.always((t) => rm(t.context.parent, { recursive: true }));

/** A small tree in the shape of an installation, as a strict umask leaves it. */
async function makeInstallation(parent: string) {
  const root = join(parent, "installed");
  await mkdir(join(root, "bin"), { recursive: true, mode: 0o700 });
  await mkdir(join(root, "lib"), { mode: 0o700 });
  await writeFile(join(root, "bin", "postgres"), "program", { mode: 0o700 });
  await writeFile(join(root, "lib", "libpq.so.5.18"), "library", { mode: 0o600 });
  await writeFile(join(root, "lib", "libpq.a"), "for linking", { mode: 0o600 });
  await symlink("libpq.so.5.18", join(root, "lib", "libpq.so.5"));
  return binariesIn(root, "1.0-test");
}

test("the installed PostgreSQL runs from where it is, and from a copy", async (t) => {
  const installed = await locateBinaries();
  const copy = await copyBinaries(installed, t.context.parent);
  for (const program of [installed.postgres, copy.postgres, copy.initdb]) {
    const { stdout } = await run(program, ["--version"]);
    t.true(stdout.includes(`(PostgreSQL) ${installed.version.split(".", 1)[0]}.`), stdout);
  }
});

test("a copy is open to be read and run, closed to be changed, and holds what running needs", async (t) => {
  const copy = await copyBinaries(await makeInstallation(t.context.parent), t.context.parent);
  const modeOf = async (path: string) => (await lstat(join(copy.root, path))).mode & 0o777;
  t.is(await modeOf("."), 0o755);
  t.is(await modeOf("bin"), 0o755);
  t.is(await modeOf("bin/postgres"), 0o755);
  t.is(await modeOf("lib/libpq.so.5.18"), 0o644);
  t.deepEqual(await readdir(join(copy.root, "lib")), ["libpq.so.5", "libpq.so.5.18"]);
  t.is(await readlink(join(copy.root, "lib", "libpq.so.5")), "libpq.so.5.18");
});

test("a copy is made once, also by many at the same time, and leaves nothing beside it", async (t) => {
  const { parent } = t.context;
  const installation = await makeInstallation(parent);
  const copies = await Promise.all([1, 2, 3].map(() => copyBinaries(installation, parent)));
  t.is(new Set(copies.map(({ root }) => root)).size, 1);
  t.deepEqual((await readdir(parent)).sort(), ["installed", "postgresql-1.0-test"]);
  await writeFile(installation.postgres, "another");
  const again = await copyBinaries(installation, parent);
  t.is(await readFile(again.postgres, "utf8"), "program", "the copy of a version is kept");
});

test("a copy that others can change is not run", async (t) => {
  const { parent } = t.context;
  const installation = await makeInstallation(parent);
  const copy = await copyBinaries(installation, parent);
  await chmod(join(copy.root, "bin"), 0o777);
  await t.throwsAsync(copyBinaries(installation, parent), {
    message: /can be changed by others than its user/,
  });
});
