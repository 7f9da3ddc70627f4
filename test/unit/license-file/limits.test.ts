import test from "ava";
import { extractPackage } from "../../../src/license-file/extract-package.ts";
import type { PackageLimits } from "../../../src/license-file/package-limits.ts";
import { readPackage } from "../../../src/license-file/read-package.ts";
import { createTestPlatformKey, createTestVendor, issue } from "../../helpers/vendor.ts";
import { gzip, gzipOfRepeated, rawEntry, rawTar } from "./_tar.ts";

const vendor = await createTestVendor();
const platform = await createTestPlatformKey();
const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
const license = await issue(vendor, platform.thumbprint);
const KIB = 1024;
const MIB = 1024 * KIB;

function read(bytes: Uint8Array, limits: Partial<PackageLimits> = {}) {
  return readPackage(bytes, vendor.trust, expected, limits);
}

async function reasonsOf(bytes: Uint8Array, limits: Partial<PackageLimits> = {}): Promise<string[]> {
  return (await read(bytes, limits)).refusals.map((refusal) => refusal.reason);
}

/** 1 MiB of gzip that inflates to 1 GiB: a file of zeros that claims its full size. */
const bomb = gzipOfRepeated(
  rawEntry({ name: "base.lic", size: `${(KIB * MIB).toString(8).padStart(11, "0")}\u0000` }),
  Buffer.alloc(16 * MIB),
  64,
);

test("threat 4: 1 MiB that inflates to 1 GiB is refused by its ratio before 256 KiB are inflated", async (t) => {
  t.true(bomb.length < 1.1 * MIB);
  const reading = await read(bomb, { maxPackageBytes: 2 * MIB });
  t.is(reading.refusals.at(-1)?.reason, "PACKAGE_TOO_LARGE");
  t.true(reading.inflatedBytes <= 256 * KIB, `${reading.inflatedBytes} bytes were inflated`);
  t.is(reading.files.length, 0);
});

test("threat 4: without the ratio the bytes inflated are counted, and no more than one piece too many is", async (t) => {
  const reading = await read(bomb, { maxPackageBytes: 2 * MIB, maxInflationRatio: Number.MAX_SAFE_INTEGER });
  t.is(reading.refusals.at(-1)?.reason, "PACKAGE_TOO_LARGE");
  t.true(reading.inflatedBytes > 8 * MIB && reading.inflatedBytes <= 8 * MIB + 64 * KIB);
});

test("threat 4: with the caps on what is inflated raised, what is kept is bounded by the caps on files", async (t) => {
  const files = Array.from({ length: 512 }, (_, index) =>
    rawEntry({ name: `${index}.lic`, data: Buffer.alloc(64 * KIB) }),
  );
  const packed = gzipOfRepeated(Buffer.alloc(0), Buffer.concat(files), 1);
  const limits = { maxInflationRatio: 1e9, maxInflatedBytes: 64 * MIB };
  const { entries, inflatedBytes } = await extractPackage(packed, limits);
  const kept = entries.flatMap((entry) => ("bytes" in entry ? [entry.bytes.length] : []));
  t.deepEqual(kept, Array(64).fill(64 * KIB));
  t.like(entries.slice(64), [{ refusal: { reason: "PACKAGE_TOO_LARGE" } }]);
  t.true(inflatedBytes < 5 * MIB);
});

test("threat 4: a million empty entries are refused at the 65th", async (t) => {
  const entries = Array.from({ length: 1000 }, (_, index) => rawEntry({ name: `empty-${index}` }));
  const many = gzipOfRepeated(Buffer.alloc(0), Buffer.concat(entries), 1000);
  const reading = await read(many, { maxPackageBytes: 64 * MIB });
  t.is(reading.refusals.at(-1)?.reason, "PACKAGE_TOO_LARGE");
  t.true(reading.inflatedBytes <= 128 * KIB, `${reading.inflatedBytes} bytes were inflated`);
});

test("threat 4: directories count as entries", async (t) => {
  const directories = Array.from({ length: 64 }, (_, index) => ({ name: `d${index}/`, type: "5" }));
  t.deepEqual(await reasonsOf(rawTar(...directories.slice(1), { name: "a.lic", data: license })), []);
  t.deepEqual(await reasonsOf(rawTar(...directories, { name: "a.lic", data: license })), [
    "PACKAGE_TOO_LARGE",
  ]);
});

test("threat 4: a file above its cap is refused by name, those beside it are read", async (t) => {
  const { files, refusals } = await read(
    rawTar({ name: "big.lic", data: Buffer.alloc(64 * KIB + 1, 0x41) }, { name: "a.lic", data: license }),
  );
  t.is(files.length, 1);
  t.like(refusals, [{ reason: "PACKAGE_TOO_LARGE", fileName: "big.lic" }]);
  t.deepEqual(await reasonsOf(rawTar({ name: "big.lic", data: Buffer.alloc(64 * KIB, 0x41) })), [
    "NOT_A_LICENSE",
  ]);
});

test("threat 4: a package above the cap of an upload is refused before it is looked at", async (t) => {
  const padded = Buffer.concat([rawTar({ name: "a.lic", data: license }), Buffer.alloc(MIB)]);
  t.deepEqual(await reasonsOf(padded), ["PACKAGE_TOO_LARGE"]);
  t.deepEqual(await reasonsOf(padded, { maxPackageBytes: 2 * MIB }), []);
  t.deepEqual(await reasonsOf(Buffer.alloc(MIB, 0x41)), ["NOT_A_LICENSE"]);
});

test("threat 4: unpacking that takes too long is given up", async (t) => {
  const packed = gzip(rawTar({ name: "a.lic", data: license }));
  t.deepEqual(await reasonsOf(packed), []);
  t.deepEqual(await reasonsOf(packed, { maxDurationMs: 0 }), ["PACKAGE_TOO_LARGE"]);
});

test("an honest package of 64 licenses is far from every limit", async (t) => {
  const licenses = await Promise.all(
    Array.from({ length: 64 }, (_, index) => issue(vendor, platform.thumbprint, { jti: `L-${index}` })),
  );
  const packed = gzip(rawTar(...licenses.map((data, index) => ({ name: `${index}.lic`, data }))));
  const reading = await read(packed);
  t.is(reading.files.length, 64);
  t.deepEqual(reading.refusals, []);
});
