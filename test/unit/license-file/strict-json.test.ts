import test from "ava";
import { readStrictJson } from "../../../src/license-file/strict-json.ts";

function read(text: string) {
  return readStrictJson(Buffer.from(text, "utf8"));
}

test("JSON in its canonical form is read", (t) => {
  const value = {
    name: "许可证 \n \u0001",
    amounts: { cpus: 9007199254740991, vms: 0.5 },
    list: [true, null, -1],
  };
  t.deepEqual(read(JSON.stringify(value)), { value });
});

test("threat 6: duplicate names are refused, at every depth", (t) => {
  t.like(read('{"a":1,"a":2}'), { path: "" });
  t.like(read('{"a":1,"a":1}'), { path: "" });
  t.like(read('{"q":{"a":1,"\\u0061":2}}'), { path: "" });
});

test("threat 6: a number that no double holds is refused, and its place is told", (t) => {
  t.like(read('{"a":1e400}'), { path: "a", fault: "is not a number that is written exactly" });
  t.like(read('{"a":{"b":[1,9007199254740993]}}'), { path: "a.b.1" });
  t.like(read('{"a":1.0}'), { path: "a" });
  t.like(read('{"a":1e2}'), { path: "a" });
  t.like(read('{"a":-0}'), { path: "a" });
  t.like(read('{"a":0.30000000000000001}'), { path: "a" });
});

test("threat 6: lone surrogates are refused, as name and as value", (t) => {
  t.like(read('{"a":"\\ud800"}'), { path: "a", fault: "holds a lone surrogate" });
  t.like(read('{"\\udfff":1}'), { fault: "has a name that is not allowed" });
});

test("threat 6: __proto__ is refused as a name and changes no object", (t) => {
  t.like(read('{"__proto__":{"ver":1}}'), { path: "__proto__", fault: "has a name that is not allowed" });
  t.like(read('{"a":{"__proto__":1}}'), { path: "a.__proto__" });
  t.like(read('{"\\u005f_proto__":1}'), { path: "__proto__" });
});

test("threat 6: trailing bytes, white space, byte order marks and needless escapes are refused", (t) => {
  for (const text of [
    '{"a":1}x',
    '{"a":1} ',
    ' {"a":1}',
    '{"a": 1}',
    '\uFEFF{"a":1}',
    '{"a":"\\u0041"}',
    '{"a":"\\/"}',
    "",
  ]) {
    t.true("fault" in read(text), JSON.stringify(text));
  }
});

test("bytes that are no UTF-8 are refused", (t) => {
  t.true("fault" in readStrictJson(Buffer.from([0x22, 0xff, 0x22])));
  t.true("fault" in readStrictJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])));
});

test("threat 7: nesting as deep as a file can hold is a refusal and no crash", (t) => {
  t.deepEqual(read("[".repeat(30_000) + "]".repeat(30_000)), { fault: "it is not JSON", path: "" });
  t.deepEqual(read("[".repeat(60_000)), { fault: "it is not JSON", path: "" });
});
