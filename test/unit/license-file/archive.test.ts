import test from "ava";
import { readPackage } from "../../../src/license-file/read-package.ts";
import { createTestPlatformKey, createTestVendor, issue } from "../../helpers/vendor.ts";
import { END, gzip, paxRecord, type RawEntry, rawEntry, rawGzip, rawTar } from "./_tar.ts";

const vendor = await createTestVendor();
const platform = await createTestPlatformKey();
const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
const base = await issue(vendor, platform.thumbprint, { jti: "base" });
const gpu = await issue(vendor, platform.thumbprint, {
  jti: "gpu",
  item: "gpu",
  edition: undefined,
  quotas: undefined,
});

function read(bytes: Uint8Array) {
  return readPackage(bytes, vendor.trust, expected);
}

/** The jti of the good files, and "REASON file" of the refusals. */
async function outcomeOf(bytes: Uint8Array): Promise<{ good: string[]; refused: string[] }> {
  const { files, refusals } = await read(bytes);
  return {
    good: files.map((file) => file.license.jti),
    refused: refusals.map((refusal) => `${refusal.reason} ${refusal.fileName ?? "-"}`),
  };
}

const BASE: RawEntry = { name: "base.lic", data: base };
const GPU: RawEntry = { name: "gpu.lic", data: gpu };

test("ZC-AM-2: a package is one license, a tar or a tar.gz of licenses, in archive order", async (t) => {
  const both = { good: ["gpu", "base"], refused: [] };
  t.deepEqual(await outcomeOf(Buffer.from(base)), { good: ["base"], refused: [] });
  t.deepEqual(await outcomeOf(rawTar(GPU, BASE)), both);
  t.deepEqual(await outcomeOf(gzip(rawTar(GPU, BASE))), both);
});

test("a file's name is that in the archive, a lone license has none", async (t) => {
  t.is((await read(Buffer.from(base))).files[0]?.fileName, "");
  t.is(
    (await read(rawTar({ ...BASE, name: "./licenses/许可证 1.lic" }))).files[0]?.fileName,
    "licenses/许可证 1.lic",
  );
});

test("archives as GNU tar, bsdtar and old programs write them are read", async (t) => {
  const gnu = { magic: "ustar  \u0000" };
  const directories: RawEntry[] = [
    { name: "./", type: "5", ...gnu },
    { name: "./licenses/", type: "5", ...gnu },
  ];
  const archive = rawTar(...directories, { ...BASE, name: "./licenses/base.lic", ...gnu });
  t.deepEqual(await outcomeOf(Buffer.concat([archive, Buffer.alloc(8 * 1024)])), {
    good: ["base"],
    refused: [],
  });
  t.deepEqual(await outcomeOf(rawTar({ ...BASE, type: "\u0000" })), { good: ["base"], refused: [] });
  t.deepEqual(await outcomeOf(rawGzip(rawTar(BASE), 8, Buffer.from("base.tar\u0000"))), {
    good: ["base"],
    refused: [],
  });
});

test("one line end after the license is an editor's, more is another file", async (t) => {
  t.deepEqual((await outcomeOf(Buffer.from(`${base}\n`))).good, ["base"]);
  t.deepEqual((await outcomeOf(Buffer.from(`${base}\r\n`))).good, ["base"]);
  t.is((await read(Buffer.from(`${base}\n`))).files[0]?.signedBytes, base);
  for (const text of [
    `${base}\n\n`,
    `${base} `,
    `\n${base}`,
    `${base}\r`,
    `${base}\u0000`,
    `\uFEFF${base}`,
  ]) {
    t.deepEqual(
      await outcomeOf(Buffer.from(text)),
      { good: [], refused: ["NOT_A_LICENSE "] },
      JSON.stringify(text),
    );
  }
});

test("LI-8: all broken files are told, in archive order, and the good ones as well", async (t) => {
  const forged: RawEntry = { name: "b.lic", data: `${base.slice(0, -4)}AAAA` };
  const outcome = await outcomeOf(
    rawTar({ name: "z.txt", data: "hello" }, BASE, forged, { name: "../x", data: gpu }),
  );
  t.deepEqual(outcome, {
    good: ["base"],
    refused: ["NOT_A_LICENSE z.txt", "SIGNATURE_INVALID b.lic", "ARCHIVE_INVALID ../x"],
  });
});

test("a package without a license is refused", async (t) => {
  const nothing = { good: [], refused: ["EMPTY_PACKAGE -"] };
  t.deepEqual(await outcomeOf(new Uint8Array()), nothing);
  t.deepEqual(await outcomeOf(END), nothing);
  t.deepEqual(await outcomeOf(gzip(Buffer.alloc(10240))), nothing);
  t.deepEqual(await outcomeOf(rawTar({ name: "licenses/", type: "5" })), nothing);
});

const CORPUS: readonly [string, Buffer, string?][] = [
  ["a name that leads upwards", rawTar({ ...BASE, name: "../base.lic" })],
  ["a name that leads upwards later", rawTar({ ...BASE, name: "a/../../base.lic" })],
  ["an absolute name", rawTar({ ...BASE, name: "/etc/base.lic" })],
  ["an absolute name after ./", rawTar({ ...BASE, name: ".//etc/base.lic" })],
  ["a drive letter", rawTar({ ...BASE, name: "C:base.lic" })],
  ["a backslash", rawTar({ ...BASE, name: "..\\base.lic" })],
  ["an empty name", rawTar({ ...BASE, name: "" })],
  ["an empty part of a name", rawTar({ ...BASE, name: "a//b" })],
  ["a dot part of a name", rawTar({ ...BASE, name: "a/./b" })],
  ["a file with a directory's name", rawTar({ ...BASE, name: "." })],
  ["a hidden file", rawTar({ ...BASE, name: "._base.lic" })],
  ["a file in a hidden directory", rawTar({ ...BASE, name: ".git/base.lic" })],
  ["a NUL in a name", rawTar({ ...BASE, name: "base.lic\u0000.txt" })],
  ["a line end in a name", rawTar({ ...BASE, name: "base\n.lic" })],
  ["a terminal escape in a name", rawTar({ ...BASE, name: "\u001b[2Jbase.lic" })],
  ["a direction mark in a name", rawTar({ ...BASE, name: "base\u202Ecil" })],
  ["a name that is not UTF-8", rawTar({ ...BASE, name: Buffer.from([0x62, 0xff, 0x61]) })],
  ["a duplicate name", rawTar(BASE, BASE)],
  ["a duplicate name, letter case aside", rawTar(BASE, { ...GPU, name: "BASE.lic" })],
  ["a duplicate name, composed otherwise", rawTar({ ...BASE, name: "\u00e9" }, { ...GPU, name: "e\u0301" })],
  ["a duplicate name, by ./", rawTar(BASE, { ...GPU, name: "./base.lic" })],
  ["a file named as a directory", rawTar({ name: "a/", type: "5" }, { ...BASE, name: "a" })],
  ["a hard link", rawTar(BASE, { name: "link.lic", type: "1", linkName: "base.lic" })],
  ["a symbolic link", rawTar(BASE, { name: "link.lic", type: "2", linkName: "/etc/passwd" })],
  ["a character device", rawTar({ name: "null", type: "3" })],
  ["a block device", rawTar({ name: "sda", type: "4" })],
  ["a named pipe", rawTar({ name: "pipe", type: "6" })],
  ["a contiguous file", rawTar({ ...BASE, type: "7" })],
  ["an entry of an unknown kind", rawTar({ ...BASE, type: "Z" })],
  ["a multi-volume entry", rawTar({ ...BASE, type: "M" })],
  ["a directory with data", rawTar({ name: "a/", type: "5", data: base })],
  ["a plain file with a link name", rawTar({ ...BASE, linkName: "other" })],
  [
    "a pax override of the name",
    rawTar({ name: "PaxHeader", type: "x", data: paxRecord("path", "../a") }, BASE),
  ],
  [
    "a pax override of the size",
    rawTar({ name: "PaxHeader", type: "x", data: paxRecord("size", "0") }, BASE),
  ],
  ["a global pax header", rawTar({ name: "pax_global", type: "g", data: paxRecord("path", "a") }, BASE)],
  ["a GNU long name", rawTar({ name: "././@LongLink", type: "L", data: "../../base.lic\u0000" }, BASE)],
  ["a GNU long link name", rawTar({ name: "././@LongLink", type: "K", data: "a\u0000" }, BASE)],
  ["a sparse file", rawTar({ ...BASE, type: "S", magic: "ustar  \u0000" })],
  ["a prefix that lengthens the name", rawTar({ ...BASE, prefix: "../.." })],
  ["a GNU extension in the header", rawTar({ ...BASE, magic: "ustar  \u0000", prefix: "00000000001" })],
  ["a size in binary", rawTar({ ...BASE, size: Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]) })],
  ["a negative size in binary", rawTar({ ...BASE, size: Buffer.alloc(12, 0xff) })],
  ["a size with a sign", rawTar({ ...BASE, size: "-0000000001\u0000" })],
  ["a size that is no number", rawTar({ ...BASE, size: "99999999999\u0000" })],
  ["an empty size", rawTar({ ...BASE, size: "\u0000".repeat(12) })],
  ["a wrong checksum", rawTar({ ...BASE, checksum: "000000\u0000 " })],
  ["something behind the end of a file", rawTar({ ...BASE, padding: 0x41 })],
  ["something after the end mark", Buffer.concat([rawTar(BASE), rawEntry(GPU)])],
  ["something after one zero block", Buffer.concat([rawEntry(BASE), END.subarray(512), rawEntry(GPU), END])],
  ["no end mark", rawEntry(BASE)],
  ["half an end mark", Buffer.concat([rawEntry(BASE), END.subarray(512)])],
  ["an end that is no block", Buffer.concat([rawTar(BASE), Buffer.alloc(1)])],
  ["a file that is longer than the archive", rawTar({ ...BASE, size: "00000077777\u0000" })],
  ["a second header of another program", Buffer.concat([rawEntry(BASE), rawTar({ ...GPU, magic: "tar" })])],
];

for (const [name, archive] of CORPUS) {
  test(`threat 3: an archive with ${name} is refused, plain and compressed`, async (t) => {
    for (const bytes of [archive, gzip(archive)]) {
      const { refusals } = await read(bytes);
      t.is(refusals.at(-1)?.reason, "ARCHIVE_INVALID");
      t.is(refusals.length, 1);
      t.regex(refusals[0]?.message ?? "", /^The archive cannot be read: \P{C}{10,300}\.$/u);
    }
  });
}

test("threat 3: a refusal names the entry that it is about", async (t) => {
  t.deepEqual((await outcomeOf(rawTar(BASE, { name: "a\nb", type: "2", linkName: "x" }))).refused, [
    "ARCHIVE_INVALID a\\u{a}b",
  ]);
});

test("threat 3: an old archive without a magic is no package", async (t) => {
  t.deepEqual((await outcomeOf(rawTar({ ...BASE, magic: "" }))).refused, ["NOT_A_LICENSE "]);
});

function withZeros(bytes: Buffer, from: number, to?: number): Buffer {
  bytes.subarray(from, to).fill(0);
  return bytes;
}

const GZIP_CORPUS: readonly [string, Buffer][] = [
  ["two gzip members", Buffer.concat([gzip(rawTar(BASE)), gzip(rawTar(GPU))])],
  ["an archive cut into two gzip members", Buffer.concat([gzip(rawEntry(BASE)), gzip(rawTar(GPU))])],
  ["trailing bytes", Buffer.concat([gzip(rawTar(BASE)), Buffer.from("x")])],
  ["trailing zeros", Buffer.concat([gzip(rawTar(BASE)), Buffer.alloc(512)])],
  ["no trailer", gzip(rawTar(BASE)).subarray(0, -8)],
  ["half a trailer", gzip(rawTar(BASE)).subarray(0, -4)],
  ["half its data", gzip(rawTar(BASE)).subarray(0, 200)],
  ["a header alone", gzip(rawTar(BASE)).subarray(0, 10)],
  ["two bytes alone", gzip(rawTar(BASE)).subarray(0, 2)],
  ["a wrong checksum", withZeros(gzip(rawTar(BASE)), -8, -4)],
  ["a wrong length", withZeros(gzip(rawTar(BASE)), -4)],
  ["an extra field", rawGzip(rawTar(BASE), 4, Buffer.from([2, 0, 65, 66]))],
  ["a comment", rawGzip(rawTar(BASE), 16, Buffer.from("hello\u0000"))],
  ["reserved flags", rawGzip(rawTar(BASE), 0x80)],
  ["a file name without an end", Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8]), Buffer.alloc(60, 0x41)])],
  ["a license instead of an archive", gzip(Buffer.from(base))],
  ["a gzip file inside", gzip(gzip(rawTar(BASE)))],
];

for (const [name, bytes] of GZIP_CORPUS) {
  test(`threat 4: a gzip file with ${name} is refused`, async (t) => {
    const { refusals } = await read(bytes);
    t.deepEqual(
      refusals.map((refusal) => refusal.reason),
      ["ARCHIVE_INVALID"],
    );
  });
}
