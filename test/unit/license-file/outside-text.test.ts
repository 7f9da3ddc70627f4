import test from "ava";
import { outsideText } from "../../../src/license-file/outside-text.ts";

test("ordinary names of any script stay as they are", (t) => {
  for (const name of ["license.jws", "许可证 2026.lic", "Müller & Söhne", "𝔘nit"])
    t.is(outsideText(name), name);
});

test("threat 27: line ends, terminal escapes, direction marks and lone surrogates are escaped", (t) => {
  t.is(outsideText("a\r\nb"), "a\\u{d}\\u{a}b");
  t.is(outsideText("\u001b[31mred"), "\\u{1b}[31mred");
  t.is(outsideText("gpj\u202Eexe"), "gpj\\u{202e}exe");
  t.is(outsideText("\uD800"), "\\u{d800}");
  t.is(outsideText("\u2028\u200B\uFEFF"), "\\u{2028}\\u{200b}\\u{feff}");
});

test("quotes and backslashes are escaped, so that an escape cannot be forged", (t) => {
  t.is(outsideText('a"b\\u{a}'), "a\\u{22}b\\u{5c}u{a}");
});

test("a long text is cut to the longest that is allowed, escapes counted", (t) => {
  t.is(outsideText("x".repeat(120)).length, 120);
  t.is(outsideText("x".repeat(121)), `${"x".repeat(119)}…`);
  t.is(outsideText("\n".repeat(1_000_000)).length, 120);
  t.is(outsideText("abcdef", 4), "abc…");
});

test("a cut never leaves half of a character", (t) => {
  const cut = outsideText("𝔘".repeat(100), 10);
  t.true(cut.isWellFormed());
  t.is(cut, `${"𝔘".repeat(4)}…`);
});
