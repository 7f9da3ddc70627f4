import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import type { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { createKeyFile, openKeyFile } from "../../../../src/usb/emulator/key-file.ts";
import { BLANK_MEMORY, newKeyMemory } from "../../../../src/usb/emulator/key-memory.ts";
import { proveKey, raiseMark, readKey } from "../../../../src/usb/protocol/exchange.ts";
import { makeKey, writeBlob } from "../../../../src/usb/protocol/provision.ts";
import { ASKER, blobOf, keyWithBlob, use } from "../protocol/_exchange.ts";

const test = anyTest as TestFn<{ readonly directory: string; readonly path: string }>;

test.beforeEach(async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "key-file-"));
  t.context = { directory, path: join(directory, "key.json") };
});

test.afterEach.always(async (t) => {
  await rm(t.context.directory, { recursive: true });
});

/** The counters of some proofs, one after another. */
async function prove(dongle: Dongle, count: number): Promise<readonly bigint[]> {
  const { connection } = await use(dongle);
  const { info } = await readKey(connection);
  const counters: bigint[] = [];
  for (let index = 0; index < count; index++) {
    counters.push((await proveKey(connection, { ...ASKER, info, lastCounter: counters.at(-1) })).counter);
  }
  return counters;
}

/** Changes a member of the file. */
async function change(path: string, name: string, value: unknown): Promise<void> {
  const file = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...file, [name]: value }));
}

for (const algorithm of ["Ed25519", "ES256"] as const) {
  test(`a key of ${algorithm} is the same key when its file is opened again`, async (t) => {
    const memory = { ...newKeyMemory({ keyId: "KEY-1", algorithm }), blob: blobOf(2_000) };
    await createKeyFile(t.context.path, memory);
    const dongle = await openKeyFile(t.context.path);
    t.deepEqual(dongle.memory, memory);
    t.deepEqual(await prove(dongle, 1), [1n]);
  });
}

test("a key file is its owner's alone, and never replaces another", async (t) => {
  const { path } = t.context;
  await createKeyFile(path, BLANK_MEMORY);
  t.is((await stat(path)).mode & 0o777, 0o600);
  await t.throwsAsync(createKeyFile(path, BLANK_MEMORY), { code: "EEXIST" });
  await chmod(path, 0o640);
  await t.throwsAsync(openKeyFile(path), { message: /other users can read it/ });
});

test("a blank key in a file becomes a key, with something on it and a mark", async (t) => {
  const { path, directory } = t.context;
  await createKeyFile(path, BLANK_MEMORY);
  const dongle = await openKeyFile(path);
  const { connection } = await use(dongle);
  await makeKey(connection, { algorithm: "ES256", keyId: "KEY-7", model: "File" });
  await writeBlob(connection, blobOf(3_000));
  await raiseMark(connection, { ...ASKER, mark: 12 });
  t.deepEqual((await openKeyFile(path)).memory, dongle.memory);
  t.deepEqual(await readdir(directory), ["key.json"]);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test("threat 18: the counter never runs back, however the process ends, and not each proof costs a write", async (t) => {
  const { path } = t.context;
  await createKeyFile(path, keyWithBlob(blobOf(1)));
  const first = await prove(await openKeyFile(path), 1);
  const text = await readFile(path, "utf8");
  const second = await prove(await openKeyFile(path), 64);
  const third = await prove(await openKeyFile(path), 65);
  const all = [...first, ...second, ...third];
  t.deepEqual(
    all,
    all.toSorted((a, b) => (a < b ? -1 : 1)),
  );
  t.is(new Set(all).size, 130);
  t.regex(text, /"counter": "64"/);
  t.regex(await readFile(path, "utf8"), /"counter": "256"/);
});

test("a mark that is raised between proofs does not give back the counter that was written ahead", async (t) => {
  const { path } = t.context;
  await createKeyFile(path, keyWithBlob(blobOf(1)));
  const dongle = await openKeyFile(path);
  await prove(dongle, 3);
  const { connection } = await use(dongle);
  await raiseMark(connection, { ...ASKER, mark: 12 });
  t.is((await openKeyFile(path)).memory.counter, 64n);
});

test("a file that holds no whole key is refused, and the message names the member", async (t) => {
  const { path } = t.context;
  const other = newKeyMemory({ keyId: "KEY-2" });
  const faults: Readonly<Record<string, readonly unknown[]>> = {
    keyId: ["a b", 7],
    model: ["\n"],
    algorithm: ["RS256"],
    counter: [5, "-1", "18446744073709551616"],
    marks: [[{ platform: "x", mark: "1" }]],
    blob: ["*", Buffer.alloc(262_145).toString("base64")],
    blobGeneration: [-1],
  };
  for (const [name, values] of Object.entries(faults)) {
    for (const value of values) {
      await rm(path, { force: true });
      await createKeyFile(path, keyWithBlob(blobOf(1)));
      await change(path, name, value);
      await t.throwsAsync(openKeyFile(path), { message: new RegExp(`no key file: its member ${name}`) });
    }
  }
  await change(path, "blobGeneration", 1);
  await change(path, "publicKey", Buffer.from(other.publicKey).toString("base64"));
  await t.throwsAsync(openKeyFile(path), { message: /no key file/ });
  await writeFile(path, "{");
  await t.throwsAsync(openKeyFile(path), { message: "it is no key file" });
});
