import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import { canReach } from "../../../../src/store/embedded/reach.ts";

const test = anyTest as TestFn<{ directory: string; file: string }>;

test.beforeEach(async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "license-reach-"));
  const file = join(directory, "inner", "file");
  await chmod(directory, 0o755);
  await mkdir(join(directory, "inner"), { mode: 0o755 });
  await writeFile(file, "", { mode: 0o644 });
  t.context = { directory, file };
});
test.afterEach.always((t) => rm(t.context.directory, { recursive: true }));

const STRANGER = { uid: 4_000_001, gid: 4_000_001 };

test("a stranger reaches a file if every directory above it lets others through", async (t) => {
  const { directory, file } = t.context;
  t.true(await canReach(file, STRANGER));
  await chmod(directory, 0o711);
  t.true(await canReach(file, STRANGER), "listing is not needed on the way");
  await chmod(directory, 0o700);
  t.false(await canReach(file, STRANGER));
  t.true(await canReach(file, undefined), "one's own account is not asked");
});

test("a stranger does not reach what others may not read", async (t) => {
  await chmod(t.context.file, 0o600);
  t.false(await canReach(t.context.file, STRANGER));
  await chmod(join(t.context.directory, "inner"), 0o711);
  t.false(await canReach(join(t.context.directory, "inner"), STRANGER), "a directory is read by listing it");
});

test("the bits of the closest class decide, as they do for the operating system", async (t) => {
  const { file } = t.context;
  const { uid, gid } = await stat(file);
  await chmod(file, 0o044);
  t.false(await canReach(file, { uid, gid }), "owner");
  await chmod(file, 0o404);
  t.false(await canReach(file, { uid: STRANGER.uid, gid }), "group");
  t.true(await canReach(file, STRANGER), "others");
});

test("a link is followed to where it leads", async (t) => {
  const { directory, file } = t.context;
  const link = join(directory, "link");
  await symlink(file, link);
  t.true(await canReach(link, STRANGER));
  await chmod(join(directory, "inner"), 0o700);
  t.false(await canReach(link, STRANGER));
});
