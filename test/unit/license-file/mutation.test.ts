import test from "ava";
import fc from "fast-check";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { type PackageReading, readPackage } from "../../../src/license-file/read-package.ts";
import { createTestPlatformKey, createTestVendor, issue, signAsLicense } from "../../helpers/vendor.ts";
import { gzip, type RawEntry, rawTar } from "./_tar.ts";

const vendor = await createTestVendor();
const platform = await createTestPlatformKey();
const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
const license = await issue(vendor, platform.thumbprint);
const module = await issue(vendor, platform.thumbprint, {
  item: "gpu",
  edition: undefined,
  quotas: undefined,
});
const packed = await packLicenses([
  { fileName: "base.lic", signedBytes: license },
  { fileName: "gpu.lic", signedBytes: module },
]);
const plain = rawTar({ name: "base.lic", data: license });

const REASONS = new Set([
  "EMPTY_PACKAGE",
  "PACKAGE_TOO_LARGE",
  "ARCHIVE_INVALID",
  "NOT_A_LICENSE",
  "HEADER_NOT_ALLOWED",
  "UNKNOWN_VENDOR_KEY",
  "TEST_VENDOR",
  "SIGNATURE_INVALID",
  "CLAIM_MISSING",
  "CLAIM_INVALID",
  "SCHEMA_VERSION_UNKNOWN",
  "OTHER_PRODUCT",
  "OTHER_PLATFORM",
]);

/** Reads, and checks what holds for every input: it answers, and each refusal is a sentence with a reason. */
async function readAnything(bytes: Uint8Array): Promise<PackageReading> {
  const reading = await readPackage(bytes, vendor.trust, expected);
  for (const { reason, message, fileName = "", claim = "" } of reading.refusals) {
    if (!REASONS.has(reason)) throw new Error(`${reason} is not a reason against bytes`);
    if (!/^[A-Z]\P{C}{20,400}\.$/u.test(message))
      throw new Error(`not a sentence: ${JSON.stringify(message)}`);
    if (fileName.length > 120 || claim.length > 60) throw new Error("outside text is not cut");
  }
  if (reading.files.length + reading.refusals.length === 0) throw new Error("no answer");
  return reading;
}

/** Flips one byte after another, by its lowest bit and by all bits. */
async function flipEveryByte(
  good: Uint8Array,
  check: (reading: PackageReading, at: number) => void,
): Promise<void> {
  for (const mask of [0x01, 0xff]) {
    for (let at = 0; at < good.length; at += 1) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
      check(await readAnything(bytes), at);
    }
  }
}

function isSameOrRefused(reading: PackageReading, good: readonly string[]): boolean {
  const texts = reading.files.map((file) => file.signedBytes);
  return reading.refusals.length > 0 || JSON.stringify(texts) === JSON.stringify(good);
}

test("threat 7: a license with any byte flipped is refused with a typed reason", async (t) => {
  await flipEveryByte(Buffer.from(license), (reading, at) => {
    if (reading.files.length > 0) t.fail(`byte ${at}: it was accepted`);
  });
  t.pass();
});

test("threat 7: a license that is cut at any length is refused with a typed reason", async (t) => {
  for (let length = 0; length < license.length; length += 1) {
    const reading = await readAnything(Buffer.from(license.slice(0, length)));
    if (reading.files.length > 0) t.fail(`length ${length}: it was accepted`);
  }
  t.is((await readAnything(Buffer.from(license))).files.length, 1);
});

test("threat 7: a tar.gz with any byte flipped is refused, or holds the very same licenses", async (t) => {
  const accepted: number[] = [];
  await flipEveryByte(packed, (reading, at) => {
    if (!isSameOrRefused(reading, [license, module])) t.fail(`byte ${at}: another package was accepted`);
    if (reading.refusals.length === 0) accepted.push(at);
  });
  // Time, compression level and system in the gzip header mean nothing; the other bytes of headers do.
  t.deepEqual([...new Set(accepted)].slice(0, 6), [4, 5, 6, 7, 8, 9]);
  t.true(accepted.every((at) => at >= 4 && at < packed.length - 8));
});

test("threat 7: a tar with any byte flipped is refused, or holds the very same licenses", async (t) => {
  await flipEveryByte(plain, (reading, at) => {
    if (!isSameOrRefused(reading, [license])) t.fail(`byte ${at}: another package was accepted`);
  });
  t.pass();
});

test("threat 7: an archive that is cut at any length is refused with a typed reason", async (t) => {
  for (const good of [packed, plain]) {
    for (let length = 0; length < good.length; length += 1) {
      const reading = await readAnything(good.subarray(0, length));
      if (reading.refusals.length === 0) t.fail(`length ${length}: it was accepted`);
    }
    t.deepEqual((await readAnything(good)).refusals, []);
  }
});

test("threat 7: any bytes at all get an answer", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
      await readAnything(bytes);
      await readAnything(gzip(Buffer.from(bytes)));
      await readAnything(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), bytes]));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test("threat 7: pieces of good packages, cut, repeated and put together, never make another license", async (t) => {
  const piece = fc
    .record({
      source: fc.constantFrom(Buffer.from(license), packed, plain),
      from: fc.nat(4000),
      length: fc.nat(1500),
    })
    .map(({ source, from, length }) =>
      source.subarray(from % source.length, (from % source.length) + length),
    );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(piece, fc.uint8Array({ maxLength: 20 })), { maxLength: 5 }),
      async (pieces) => {
        const { files } = await readAnything(Buffer.concat(pieces));
        return files.every((file) => file.signedBytes === license || file.signedBytes === module);
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

test("threat 7: archives of any names, kinds, sizes and magics get an answer", async (t) => {
  const entry: fc.Arbitrary<RawEntry> = fc.record(
    {
      name: fc.string({ maxLength: 100, unit: "grapheme" }),
      data: fc.constantFrom(license, module, "", "x".repeat(600)),
      type: fc.constantFrom("0", "\u0000", "1", "2", "5", "x", "g", "L", "S", "~"),
      size: fc.oneof(fc.stringMatching(/^[0-7]{11}$/), fc.string({ maxLength: 12 })),
      magic: fc.constantFrom("ustar\u000000", "ustar  \u0000", ""),
      padding: fc.constantFrom(0, 1),
    },
    { requiredKeys: ["name"] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (entries) => {
      await readAnything(rawTar(...entries));
      await readAnything(gzip(rawTar(...entries)));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test("threat 7: any JSON that the vendor's key could sign gets an answer", async (t) => {
  const claims = [
    "ver",
    "iss",
    "jti",
    "iat",
    "nbf",
    "exp",
    "sub",
    "cnf",
    "aud",
    "quotas",
    "profile",
    "customer",
  ];
  const good = JSON.parse(Buffer.from(license.split(".")[1] ?? "", "base64url").toString());
  const overrides = fc.dictionary(fc.oneof(fc.constantFrom(...claims), fc.string()), fc.jsonValue(), {
    maxKeys: 4,
  });
  await fc.assert(
    fc.asyncProperty(overrides, async (change) => {
      await readAnything(Buffer.from(await signAsLicense(vendor, { ...good, ...change })));
    }),
    { numRuns: 300 },
  );
  t.pass();
});
