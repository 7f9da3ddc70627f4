import { readdirSync, readFileSync } from "node:fs";
import test from "ava";

const DOMAIN = new URL("../../../src/domain/", import.meta.url);
const FILES = readdirSync(DOMAIN, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);

/** Whether what a file imports is another file of the rules. */
function isOfDomain(name: string, path: string): boolean {
  const isRelative = /^\.{1,2}\/[a-z-/]+\.ts$/.test(path);
  return isRelative && new URL(path, new URL(name, DOMAIN)).href.startsWith(DOMAIN.href);
}

test("EV-1: the rules import nothing but each other", (t) => {
  t.true(FILES.includes("evaluate.ts") && FILES.includes("usb/carry.ts"));
  for (const name of FILES) {
    const text = readFileSync(new URL(name, DOMAIN), "utf8");
    const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, path = ""]) => path);
    t.deepEqual(
      imported.filter((path) => !isOfDomain(name, path)),
      [],
      name,
    );
  }
});

test("EV-1: the rules read no clock, no randomness and no environment", (t) => {
  const impure =
    /Date\.now|new Date\(\)|performance\.|Math\.random|crypto\.|process\.|globalThis\.|console\.|fetch\(|setTimeout/;
  for (const name of FILES) t.notRegex(readFileSync(new URL(name, DOMAIN), "utf8"), impure, name);
});
