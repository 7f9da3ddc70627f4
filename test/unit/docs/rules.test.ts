import { globSync, readFileSync } from "node:fs";
import test from "ava";
import { PROFILE_NAMES } from "../../../src/profiles/load-profile.ts";
import { readConformanceFile } from "../../helpers/conformance.ts";

const ROOT = new URL("../../../", import.meta.url);
const RULE_ID = /\b(?:LI|ZL|NS|EV|AP|ZC-[A-Z]{2}|ZV-[A-Z]{2}|US-[A-Z]{2}|UK-[A-Z]{2})-\d+\b/g;
/** A row of docs/rules.md: id, rule, proof. */
const RULE_ROW = /^\| ((?:[A-Z]{2}-)+\d+) \| .+ \| (\w+) \|$/gm;
/** A title, up to the quote that ends it. */
const TITLE = /\btest(?:\.serial)?\(\s*(["'`])((?:(?!\1).)*)/g;

/** How each rule of docs/rules.md is proved, by id. */
function readProofs(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL("docs/rules.md", ROOT), "utf8");
  return new Map([...text.matchAll(RULE_ROW)].map(([, id = "", proof = ""]) => [id, proof]));
}

/** Ids that cases name, of all products. */
function idsInCases(): ReadonlySet<string> {
  return new Set(
    PROFILE_NAMES.flatMap((name) => readConformanceFile(name).cases.flatMap(({ rules }) => rules)),
  );
}

/** Ids that titles of tests name. */
function idsInTitles(): ReadonlySet<string> {
  const files = globSync("test/{unit,integration}/**/*.test.ts", { cwd: ROOT });
  const titles = files.flatMap((file) =>
    [...readFileSync(new URL(file, ROOT), "utf8").matchAll(TITLE)].map(([, , title = ""]) => title),
  );
  return new Set(titles.flatMap((title) => title.match(RULE_ID) ?? []));
}

/** Rules of one family, by number: "ZC-ED" has 1 to 4. */
function numbersByFamily(ids: Iterable<string>): ReadonlyMap<string, readonly number[]> {
  const parts = [...ids].map((id) => ({ family: id.replace(/-\d+$/, ""), number: Number(/\d+$/.exec(id)) }));
  const families = Map.groupBy(parts, ({ family }) => family);
  return new Map(
    [...families].map(([family, rules]) => [family, rules.map(({ number }) => number).sort((a, b) => a - b)]),
  );
}

test("every rule of docs/rules.md is proved as it says", (t) => {
  const cases = idsInCases();
  const titles = idsInTitles();
  const isProved: Readonly<Record<string, (id: string) => boolean>> = {
    cases: (id) => cases.has(id),
    tests: (id) => titles.has(id),
    later: () => true,
  };
  const unproved = [...readProofs()].filter(([id, proof]) => isProved[proof]?.(id) !== true);
  t.deepEqual(unproved, []);
});

test("cases and titles of tests name no rule that docs/rules.md lacks", (t) => {
  const known = readProofs();
  const named = new Set([...idsInCases(), ...idsInTitles()]);
  t.deepEqual(
    [...named].filter((id) => !known.has(id)),
    [],
  );
});

test("docs/rules.md leaves no number out", (t) => {
  for (const [family, numbers] of numbersByFamily(readProofs().keys())) {
    t.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
      family,
    );
  }
});

test("what docs/rules.md leaves to later is what needs the vendor's ledger", (t) => {
  const later = [...readProofs()].filter(([, proof]) => proof === "later").map(([id]) => id);
  t.deepEqual(later, ["US-CO-1", "US-CO-2"]);
});
