import test from "ava";
import { isInVersions, parseProductVersion } from "../../../src/domain/product-version.ts";

test("a version is a release, with or without a patch", (t) => {
  t.deepEqual(parseProductVersion("E0750"), { release: 750, patch: 0 });
  t.deepEqual(parseProductVersion("E0730P06"), { release: 730, patch: 6 });
});

test("US-FE-2: text of another form is a version that is not known", (t) => {
  const others = [
    undefined,
    "",
    "E730",
    "E0730P6",
    "E0730P006",
    "e0730",
    " E0730",
    "E0730\n",
    "V0730",
    "E0730P06H01",
  ];
  for (const text of others) t.is(parseProductVersion(text), undefined, text);
});

const MIGRATION = { from: "E0730P06", before: "E0750" };

for (const [text, isIn] of [
  ["E0729P99", false],
  ["E0730", false],
  ["E0730P05", false],
  ["E0730P06", true],
  ["E0730P07", true],
  ["E0731", true],
  ["E0749P99", true],
  ["E0750", false],
  ["E0750P01", false],
] as const) {
  test(`US-FE-2: ${text} is ${isIn ? "" : "not "}from E0730P06 on and before E0750`, (t) => {
    const version = parseProductVersion(text);
    t.is(version && isInVersions(version, MIGRATION), isIn);
  });
}

test("US-FE-2: a range without an end goes on", (t) => {
  const version = { release: 9999, patch: 99 };
  t.true(isInVersions(version, { from: "E0760", before: undefined }));
  t.false(isInVersions({ release: 759, patch: 99 }, { from: "E0760", before: undefined }));
});
