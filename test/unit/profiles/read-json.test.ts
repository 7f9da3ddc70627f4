import test from "ava";
import fc from "fast-check";
import { readJson } from "../../../src/profiles/read-json.ts";

const MISTAKES: readonly [title: string, text: string, problem: string][] = [
  ["a comma too many", '{\n"a": 1,\n}', `line 3: expected a name in double quotes, found "}"`],
  ["a comma too few", '{\n"a": 1\n"b": 2}', `line 3: expected "," or "}", found "'b':"`],
  ["a list that does not end", "[1,\n2\n", 'line 3: expected "," or "]", found the end of the file'],
  ["a value that is a word", '{\n"a": yes }', 'line 2: expected a value, found "yes"'],
  ["a line break in a text", '{"a":\n"x\ny"}', `line 2: expected a value, found "'x"`],
  ["an escape that there is not", '["\\x"]', `line 1: expected a value or "]", found "'\\u{5c}x']"`],
  ["a name without quotes", "{a: 1}", 'line 1: expected a name in double quotes or "}", found "a:"'],
  ["a name in single quotes", "{'a': 1}", `line 1: expected a name in double quotes or "}", found "'a':"`],
  ["a name without a value", '{"a"}', 'line 1: expected ":", found "}"'],
  ["a comment", "{\n// why\n}", 'line 2: expected a name in double quotes or "}", found "//"'],
  ["a second document", "{}\n{}", 'line 2: expected the end of the file, found "{}"'],
  ["a number with a zero ahead", "[01]", 'line 1: expected "," or "]", found "1]"'],
  ["brackets that do not match", '{"a": [1}', 'line 1: expected "," or "]", found "}"'],
  ["nothing", " \n", "line 2: expected a value, found the end of the file"],
  [
    "a name for the second time",
    '{"a": {\n"b": 1,\n"c": 2,\n"b": 3}}',
    `line 4: expected every name once in an object, found "'b':"`,
  ],
  [
    "a name for the second time in other letters",
    '{"b": 1, "\\u0062": 3}',
    `line 1: expected every name once in an object, found "'\\u{5c}u0062':"`,
  ],
];

for (const [title, text, problem] of MISTAKES) {
  test(`${title} is told by its line`, (t) => t.deepEqual(readJson(text), { problem }));
}

test("one name may stand in several objects", (t) => {
  t.deepEqual(readJson('{"a": [{"a": 1}, {"a": 2}], "b": {"a": 3}}'), {
    value: { a: [{ a: 1 }, { a: 2 }], b: { a: 3 } },
  });
});

test("what JSON.stringify writes is read back, with or without white space", (t) => {
  const property = fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, space) => {
    t.deepEqual(readJson(JSON.stringify(value, undefined, space)), {
      value: JSON.parse(JSON.stringify(value)),
    });
  });
  fc.assert(property);
  t.pass();
});

test("a text is read only if JSON.parse reads it, whatever the text", (t) => {
  const pieces = fc.constantFrom("{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-", "true", "\n", " ");
  const property = fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
    const text = parts.join("");
    const isRead = "value" in readJson(text);
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    // Only a name that stands twice is read by JSON.parse alone.
    if (isRead) t.true(isJson, text);
    else if (isJson) t.regex(JSON.stringify(readJson(text)), /every name once/);
  });
  fc.assert(property, { numRuns: 2000 });
  t.pass();
});

test("a text as deep or as long as the largest file is read without a crash", (t) => {
  const deep = "[".repeat(500_000);
  t.deepEqual(readJson(deep), {
    problem: 'line 1: expected a value or "]", found the end of the file',
  });
  t.true("value" in readJson(deep + deep.replaceAll("[", "]")));
  t.deepEqual(readJson(`"${"x".repeat(1_000_000)}"`), { value: "x".repeat(1_000_000) });
});
