import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { StartupError } from "../../../src/errors.ts";
import { createPlatformKey, readPlatformKey } from "../../../src/platform/platform-key.ts";

async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "platform-"));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

test("there is no platform key until one is made, then it is read as it was made", async (t) => {
  const directory = await temporaryDirectory(t);
  t.is(await readPlatformKey(directory), undefined);
  const made = await createPlatformKey(directory);
  const read = await readPlatformKey(directory);
  t.is(read?.publicKeyX, made.publicKeyX);
  t.is(read?.thumbprint, made.thumbprint);
  t.regex(made.thumbprint, /^[A-Za-z0-9_-]{43}$/);
});

test("the key's file is its owner's alone, and nothing else is left behind", async (t) => {
  const directory = await temporaryDirectory(t);
  await createPlatformKey(directory);
  t.deepEqual(await readdir(directory), ["platform-key.pem"]);
  t.is((await stat(join(directory, "platform-key.pem"))).mode & 0o777, 0o600);
  t.regex(await readFile(join(directory, "platform-key.pem"), "utf8"), /^-----BEGIN PRIVATE KEY-----\n/);
});

test("of many that make the key at once one wins, and all have its key", async (t) => {
  const directory = await temporaryDirectory(t);
  const keys = await Promise.all(Array.from({ length: 8 }, () => createPlatformKey(directory)));
  t.is(new Set(keys.map((key) => key.thumbprint)).size, 1);
  t.deepEqual(await readdir(directory), ["platform-key.pem"]);
});

test("the private half cannot be exported", async (t) => {
  const { privateKey } = await createPlatformKey(await temporaryDirectory(t));
  await t.throwsAsync(crypto.subtle.exportKey("pkcs8", privateKey));
});

for (const mode of [0o640, 0o604, 0o660, 0o620]) {
  test(`a key with mode ${mode.toString(8)} is refused with the command that repairs it`, async (t) => {
    const directory = await temporaryDirectory(t);
    await createPlatformKey(directory);
    await chmod(join(directory, "platform-key.pem"), mode);
    const error = await t.throwsAsync(readPlatformKey(directory), {
      instanceOf: StartupError,
      message: /chmod 600/,
    });
    t.is(error.exitCode, 22);
  });
}

test("a file that is no Ed25519 key is refused by name, and never replaced", async (t) => {
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  const others = [
    "",
    "hello",
    generateKeyPairSync("x25519").privateKey.export(pkcs8).toString(),
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pkcs8).toString(),
    generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString(),
    "x".repeat(20_000),
  ];
  for (const content of others) {
    const directory = await temporaryDirectory(t);
    const path = join(directory, "platform-key.pem");
    await writeFile(path, content, { mode: 0o600 });
    for (const attempt of [readPlatformKey, createPlatformKey]) {
      const error = await t.throwsAsync(attempt(directory), { instanceOf: StartupError });
      t.is(error.exitCode, 22);
      t.true(error.message.includes(path));
    }
    t.is(await readFile(path, "utf8"), content);
  }
});

test("a data directory that is not there is a start-up error", async (t) => {
  const directory = join(await temporaryDirectory(t), "missing");
  await t.throwsAsync(createPlatformKey(directory), { instanceOf: StartupError });
});
