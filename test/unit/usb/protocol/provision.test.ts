import test from "ava";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { BLANK_MEMORY } from "../../../../src/usb/emulator/key-memory.ts";
import { tampered } from "../../../../src/usb/emulator/tampered.ts";
import { proveKey, readInfo, readKey } from "../../../../src/usb/protocol/exchange.ts";
import { encodeCommit, makeKey, writeBlob } from "../../../../src/usb/protocol/provision.ts";
import { MAX_BLOB_BYTES, REQUEST } from "../../../../src/usb/protocol/requests.ts";
import { ASKER, blobOf, keyWithBlob, use } from "./_exchange.ts";

for (const algorithm of ["Ed25519", "ES256"] as const) {
  test(`a blank key makes a key pair of ${algorithm}, and proves with it`, async (t) => {
    const { connection } = await use(BLANK_MEMORY);
    await makeKey(connection, { algorithm, keyId: "KEY-9", model: "" });
    const { info } = await readKey(connection);
    t.like(info, { algorithm, keyId: "KEY-9", model: "", isSealed: true });
    t.is((await proveKey(connection, { ...ASKER, info, lastCounter: undefined })).counter, 1n);
  });
}

test("a key makes its key pair once in its life", async (t) => {
  const { connection } = await use(BLANK_MEMORY);
  await makeKey(connection, { algorithm: "Ed25519", keyId: "KEY-9", model: "One" });
  const before = await readInfo(connection);
  const again = makeKey(connection, { algorithm: "Ed25519", keyId: "KEY-9", model: "One" });
  await t.throwsAsync(again, { name: "UsbFault" });
  t.deepEqual(await readInfo(connection), before);
});

test("a key takes no id and no model that it could not say", async (t) => {
  const { connection } = await use(BLANK_MEMORY);
  for (const { keyId, model } of [
    { keyId: "", model: "" },
    { keyId: "a b", model: "" },
    { keyId: "KEY-9", model: "\n" },
  ]) {
    await t.throwsAsync(makeKey(connection, { algorithm: "ES256", keyId, model }), { name: "UsbFault" });
  }
  t.false((await readInfo(connection)).isSealed);
});

test("what is written on a key is read from it, and each write raises the generation", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(10)));
  for (const length of [MAX_BLOB_BYTES, 1_025, 0]) {
    await writeBlob(connection, blobOf(length));
    t.deepEqual((await readKey(connection)).blob, blobOf(length), `${length}`);
  }
  t.is((await readInfo(connection)).blobGeneration, 4);
});

test("a blob that is too long is refused before anything is written", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(10)));
  await t.throwsAsync(writeBlob(connection, new Uint8Array(MAX_BLOB_BYTES + 1)), { instanceOf: RangeError });
  t.is((await readInfo(connection)).blobGeneration, 1);
});

test("while a write is not complete, and when it did not arrive as it was sent, the old blob stays", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(10)));
  await connection.write(REQUEST.writeBlob, 0, blobOf(1_024), 1_000);
  await connection.write(REQUEST.writeBlob, 1, blobOf(500), 1_000);
  t.deepEqual((await readKey(connection)).blob, blobOf(10));
  const commit = connection.write(REQUEST.commitBlob, 0, encodeCommit(blobOf(1_525)), 1_000);
  await t.throwsAsync(commit, { name: "UsbFault" });
  t.deepEqual((await readKey(connection)).blob, blobOf(10));
});

test("a key that says a write is done and did not do it is found out", async (t) => {
  const forgetful = tampered(new Dongle(keyWithBlob(blobOf(10))), ({ setup }) =>
    setup.request === REQUEST.commitBlob ? "accepted" : undefined,
  );
  const { connection } = await use(forgetful);
  await t.throwsAsync(writeBlob(connection, blobOf(20)), { name: "KeyFault", message: /written/ });
});
