import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import pg from "pg";
import { socketDirectoryFor } from "../../../../src/store/embedded/choose-place.ts";
import { clusterUrl } from "../../../../src/store/embedded/connection.ts";
import { readLockFile } from "../../../../src/store/embedded/lock-file.ts";
import { makePrivateDirectory, SOCKET_NAME } from "../../../../src/store/embedded/place.ts";

const test = anyTest as TestFn<{ directory: string }>;

test.beforeEach(async (t) => {
  t.context.directory = await mkdtemp(join(tmpdir(), "license-place-"));
});
test.afterEach.always((t) => rm(t.context.directory, { recursive: true }));

test("a private directory is its owner's alone, and is found again", async (t) => {
  const path = join(t.context.directory, "private");
  await makePrivateDirectory(path, undefined);
  t.is((await stat(path)).mode & 0o777, 0o700);
  await t.notThrowsAsync(makePrivateDirectory(path, undefined));
});

test("what somebody else prepared at the place of a private directory is not used", async (t) => {
  const { directory } = t.context;
  await mkdir(join(directory, "open"));
  await chmod(join(directory, "open"), 0o755);
  await writeFile(join(directory, "file"), "");
  await mkdir(join(directory, "target"), { mode: 0o700 });
  await symlink(join(directory, "target"), join(directory, "link"));
  for (const name of ["open", "file", "link"]) {
    await t.throwsAsync(
      makePrivateDirectory(join(directory, name), undefined),
      { message: /can enter$/ },
      name,
    );
  }
});

test("a socket lies in its home, or in a short directory of the same home every time", (t) => {
  t.is(socketDirectoryFor("/srv/data/postgresql"), "/srv/data/postgresql/socket");
  const long = `/srv/${"x".repeat(120)}`;
  const short = socketDirectoryFor(long);
  t.true(join(short, SOCKET_NAME).length <= 103);
  t.is(socketDirectoryFor(long), short);
  t.not(socketDirectoryFor(`${long}y`), short);
});

test("a connection string leads to socket, role and database, whatever the path holds", (t) => {
  const socketDirectory = "/srv/a b/ü&host=x/socket";
  const client = new pg.Client(clusterUrl(socketDirectory, "s-_3", "some"));
  t.like(client, {
    host: socketDirectory,
    port: 5432,
    user: "license_service",
    password: "s-_3",
    database: "some",
  });
});

test("postmaster.pid is read in every stage of a start", async (t) => {
  const { directory } = t.context;
  const read = async (text: string) => {
    await writeFile(join(directory, "postmaster.pid"), text);
    return readLockFile(directory);
  };
  t.is(await readLockFile(directory), undefined, "there is none");
  t.is(await read(""), undefined, "cut off");
  t.is(await read("junk\n/x\n"), undefined);
  t.is(await read("-12\n/x\n"), undefined, "a single-user backend");
  t.deepEqual(await read("12\n/x\n1700000000\n5432\n"), { pid: 12, socketDirectory: undefined });
  t.deepEqual(await read("12\n/x\n1700000000\n5432\n/run/s\n\n 1 2\nready   \n"), {
    pid: 12,
    socketDirectory: "/run/s",
  });
});
