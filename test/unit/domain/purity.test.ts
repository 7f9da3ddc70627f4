import { readdirSync, readFileSync } from "node:fs";
import test from "ava";

const DOMAIN = new URL("../../../src/domain/", import.meta.url);
const FILES = readdirSync(DOMAIN).filter((name) => name.endsWith(".ts"));

test("EV-1: the rules import nothing but each other", (t) => {
  t.true(FILES.includes("evaluate.ts"));
  for (const name of FILES) {
    const text = readFileSync(new URL(name, DOMAIN), "utf8");
    const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]);
    t.deepEqual(
      imported.filter((path) => !path?.match(/^\.\/[a-z-]+\.ts$/)),
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
