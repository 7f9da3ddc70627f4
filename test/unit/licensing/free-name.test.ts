import test from "ava";
import { freeName } from "../../../src/licensing/free-name.ts";

/** The name that a file gets beside others. */
function beside(name: string, ...taken: readonly string[]): string {
  return freeName(name, (candidate) => taken.includes(candidate));
}

test("a name stays while it is free, and then counts before its ending", (t) => {
  t.is(beside("base.lic"), "base.lic");
  t.is(beside("base.lic", "base.lic"), "base-2.lic");
  t.is(beside("base.lic", "base.lic", "base-2.lic"), "base-3.lic");
  t.is(beside("license", "license"), "license-2");
  t.is(beside("acme.tar.gz", "acme.tar.gz"), "acme.tar-2.gz");
});

test("a name that fills the file system's room is cut, between characters, so that a number fits", (t) => {
  const long = "\u{1f600}".repeat(63);
  const name = beside(long, beside(long));
  t.true(Buffer.byteLength(`${name}.txt`) <= 255);
  t.true(name.isWellFormed());
  t.true(name.endsWith("-2"));
});
