import test from "ava";
import fc from "fast-check";
import { clean, toJsonText } from "../../../src/cli/output/text.ts";

const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test("threat 27: a name cannot recolor, move or ring the terminal", (t) => {
  t.is(clean("\u001b[31mred\u001b[0m \u0007bell \u009b2Jgone"), "[31mred[0m bell 2Jgone");
  t.is(clean("\u001b]0;title\u0007x"), "]0;titlex");
});

test("threat 27: a name cannot break the line or turn the reading direction", (t) => {
  t.is(clean("one\r\ntwo\u2028three\tfour"), "one two three four");
  t.is(clean("abc\u202egpj.exe\u2066\u200f\u061c"), "abcgpj.exe");
});

test("text of any language stays as it is", (t) => {
  for (const text of ["云平台 64 核", "Größe", "שלום", "naïve 😀", ""]) t.is(clean(text), text);
});

test("threat 27: nothing that steers a terminal survives cleaning, whatever the text", (t) => {
  t.notThrows(() =>
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !STEERING.test(clean(text)))),
  );
});

test("threat 27: JSON text holds the same data and nothing that steers a terminal", (t) => {
  const value = { "k\u202e": "\u001b[2J\u0085\u009b\u2028\u{e0001}\ud800" };
  t.deepEqual(JSON.parse(toJsonText(value, 2)), value);
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = toJsonText([text], 0);
        return !STEERING.test(json) && JSON.parse(json)[0] === text;
      }),
    ),
  );
});

test("a 64-bit count becomes a string of digits without loss", (t) => {
  t.is(toJsonText({ limit: 9_007_199_254_740_993n }, 0), '{"limit":"9007199254740993"}');
});
