import test from "ava";
import { jwkThumbprint } from "../../../../src/license-file/jwk-thumbprint.ts";
import type { UsbConnection } from "../../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { BLANK_MEMORY, newKeyMemory } from "../../../../src/usb/emulator/key-memory.ts";
import { tampered } from "../../../../src/usb/emulator/tampered.ts";
import { proveKey, raiseMark, readInfo, readKey } from "../../../../src/usb/protocol/exchange.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "../../../../src/usb/protocol/limits.ts";
import { bytesOfPublicJwk } from "../../../../src/usb/protocol/public-key.ts";
import { MAX_BLOB_BYTES, REQUEST } from "../../../../src/usb/protocol/requests.ts";
import { ASKER, blobOf, keyWithBlob, use } from "./_exchange.ts";

for (const algorithm of ["Ed25519", "ES256"] as const) {
  test(`a key of ${algorithm} is read and proves its presence, each time with a higher counter`, async (t) => {
    const memory = newKeyMemory({ keyId: "KEY-1", model: "Test key", algorithm });
    const { connection } = await use(memory);
    const { info, publicKey, thumbprint, blob } = await readKey(connection);
    t.like(info, { keyId: "KEY-1", model: "Test key", algorithm, isSealed: true });
    t.deepEqual(publicKey && bytesOfPublicJwk(publicKey), memory.publicKey);
    t.is(thumbprint, publicKey && jwkThumbprint(publicKey));
    t.is(blob.length, 0);
    const first = await proveKey(connection, { ...ASKER, info, lastCounter: undefined });
    const second = await proveKey(connection, { ...ASKER, info, lastCounter: first.counter });
    t.deepEqual([first.counter, second.counter], [1n, 2n]);
  });
}

test("a blob of any length comes whole, up to 256 KiB", async (t) => {
  for (const length of [1, 1_023, 1_024, 1_025, 4_096, MAX_BLOB_BYTES]) {
    const { connection } = await use(keyWithBlob(blobOf(length)));
    t.deepEqual((await readKey(connection)).blob, blobOf(length), `${length}`);
  }
});

test("a key that is rewritten while it is read is read once more, and the new blob comes whole", async (t) => {
  const [before, after] = [blobOf(3_000), blobOf(2_000).reverse()];
  const old = new Dongle(keyWithBlob(before));
  const rewritten = new Dongle({ ...old.memory, blob: after, blobGeneration: 2 });
  let chunks = 0;
  const device = tampered(old, ({ setup }) => {
    if (setup.request === REQUEST.blob) chunks += 1;
    return undefined;
  });
  const { connection } = await use({
    ...device,
    handleSetup: (setup, data) => (chunks < 2 ? device : rewritten).handleSetup(setup, data),
  });
  const { info, blob } = await readKey(connection);
  t.is(info.blobGeneration, 2);
  t.deepEqual(blob, after);
});

test("threat 25: a key that another takes the place of between two transfers is read as that other, whole", async (t) => {
  const [first, second] = [new Dongle(keyWithBlob(blobOf(3_000))), new Dongle(keyWithBlob(blobOf(3_000)))];
  let requests = 0;
  const { connection } = await use({
    vendorId: first.vendorId,
    productId: first.productId,
    handleSetup: (setup, data) => {
      requests += 1;
      return (requests > 2 ? second : first).handleSetup(setup, data);
    },
  });
  t.deepEqual((await readKey(connection)).info.publicKey, second.memory.publicKey);
});

test("a blank key can be asked who it is, and is not read as a key", async (t) => {
  const { connection } = await use(BLANK_MEMORY);
  t.like(await readInfo(connection), { keyId: "", isSealed: false });
  await t.throwsAsync(readKey(connection), { name: "KeyFault", message: /blank/ });
});

test("a key without a private key is read with what it declares, and proves nothing", async (t) => {
  for (const { algorithm, bytes } of [
    { algorithm: "Ed25519", bytes: 32 },
    { algorithm: "ES256", bytes: 64 },
  ] as const) {
    const { publicKey } = newKeyMemory({ keyId: "KEY-2", algorithm });
    const { connection } = await use({ ...BLANK_MEMORY, keyId: "KEY-2", publicKey });
    const reading = await readKey(connection);
    t.is(reading.info.publicKey.length, bytes);
    t.truthy(reading.thumbprint);
    const proof = proveKey(connection, { ...ASKER, info: reading.info, lastCounter: undefined });
    await t.throwsAsync(proof, { name: "KeyFault", message: "it signs nothing" });
  }
  const { connection } = await use({ ...BLANK_MEMORY, keyId: "KEY-3" });
  t.like(await readKey(connection), { publicKey: undefined, thumbprint: undefined });
});

test("threat 18: a key keeps the highest mark of each platform and names it in its signed proof", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(1)));
  const { info } = await readKey(connection);
  const markOf = async (asker: Omit<typeof ASKER, "platformThumbprint"> & { platformThumbprint: string }) =>
    (await proveKey(connection, { ...asker, info, lastCounter: undefined })).mark;
  t.is(await markOf(ASKER), 0);
  await raiseMark(connection, { ...ASKER, mark: 41 });
  t.is(await markOf(ASKER), 41);
  t.is(await markOf({ ...ASKER, platformThumbprint: Buffer.alloc(32, 8).toString("base64url") }), 0);
  for (const mark of [40, 41]) {
    await t.throwsAsync(raiseMark(connection, { ...ASKER, mark }), { name: "UsbFault" }, `${mark}`);
  }
  t.is(await markOf(ASKER), 41);
});

test("threat 18: a key that keeps no marks has none", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(1), { keepsMarks: false }));
  const { info } = await readKey(connection);
  t.is((await proveKey(connection, { ...ASKER, info, lastCounter: undefined })).mark, undefined);
  await t.throwsAsync(raiseMark(connection, { ...ASKER, mark: 1 }), { name: "UsbFault" });
});

test("threat 18: a mark in a signed proof counts, though INFO says on its way that the key keeps none", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(1)));
  const { info } = await readKey(connection);
  await raiseMark(connection, { ...ASKER, mark: 41 });
  const request = { ...ASKER, info: { ...info, keepsMarks: false }, lastCounter: undefined };
  t.is((await proveKey(connection, request)).mark, 41);
});

test("a mark that no number holds is refused as a proof", async (t) => {
  const platform = Buffer.alloc(32, 7).toString("hex");
  const { connection } = await use(keyWithBlob(blobOf(1), { marks: [{ platform, mark: 2n ** 53n }] }));
  const { info } = await readKey(connection);
  const proof = proveKey(connection, { ...ASKER, info, lastCounter: undefined });
  await t.throwsAsync(proof, { name: "KeyFault", message: /mark/ });
});

test("a proof is refused unless its counter rose since the last one", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(1), { counter: 9n }));
  const { info } = await readKey(connection);
  const proof = (lastCounter: bigint) => proveKey(connection, { ...ASKER, info, lastCounter });
  t.is((await proof(9n)).counter, 10n);
  await t.throwsAsync(proof(11n), { name: "KeyFault", message: /counter/ });
  await t.throwsAsync(proof(99n), { name: "KeyFault", message: /counter/ });
});

test("a proof for another key id does not hold for this one", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(1)));
  const { info } = await readKey(connection);
  const other = { ...info, keyId: "KEY-2" };
  const proof = proveKey(connection, { ...ASKER, info: other, lastCounter: undefined });
  await t.throwsAsync(proof, { name: "KeyFault", message: /not signed/ });
});

test("whoever asks with a thumbprint, a node id or a nonce of another form is told so, not the key blamed", async (t) => {
  const { connection } = await use(keyWithBlob(blobOf(1)));
  const { info } = await readKey(connection);
  for (const change of [{ platformThumbprint: "x" }, { nodeId: "node-1" }, { nonce: new Uint8Array(31) }]) {
    const proof = proveKey(connection, { ...ASKER, info, lastCounter: undefined, ...change });
    await t.throwsAsync(proof, { instanceOf: TypeError });
  }
});

test("threat 25: of a blob that is too long nothing is read, and no room is made for it", async (t) => {
  const lengths = [MAX_BLOB_BYTES + 1, 0xffff_ffff];
  for (const length of lengths) {
    let chunks = 0;
    const device = tampered(new Dongle(keyWithBlob(blobOf(1))), ({ setup, honest }) => {
      if (setup.request === REQUEST.blob) chunks += 1;
      const answer = setup.request === REQUEST.info ? honest() : undefined;
      if (answer instanceof Uint8Array) Buffer.from(answer.buffer).writeUInt32LE(length, 8);
      return answer;
    });
    const { connection } = await use(device);
    await t.throwsAsync(readKey(connection), { name: "KeyFault", message: /more than 262144 bytes/ });
    t.is(chunks, 0);
  }
});

test("threat 25: no transfer waits longer than the exchange has left", async (t) => {
  const device = tampered(new Dongle(keyWithBlob(blobOf(20_000))), () => undefined, 900);
  const { connection, limits, finish, elapsedMs } = await use(device);
  await t.throwsAsync(finish(readKey(connection, limits)), { name: "UsbFault" });
  t.is(elapsedMs(), limits.blobMs);
});

test("threat 25: an answer that is longer than asked is refused, whatever the bus lets through", async (t) => {
  const asked: number[] = [];
  const connection: UsbConnection = {
    read: async (_request, _value, length) => {
      asked.push(length);
      return new Uint8Array(65_536);
    },
    write: async () => undefined,
    close: async () => undefined,
  };
  await t.throwsAsync(readKey(connection, DEFAULT_EXCHANGE_LIMITS), { name: "KeyFault" });
  t.deepEqual(asked, [256]);
});
