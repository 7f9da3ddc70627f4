import test from "ava";
import { describeError } from "../../src/log.ts";

test("threat 32: of an error the log gets name, code, message and stack, and no row that a database shows in it", (t) => {
  const error = Object.assign(new Error("duplicate key"), {
    code: "23505",
    detail: "Key (sha256)=(abcdef) already exists.",
    parameters: ["secret"],
  });
  const described = describeError(error);
  t.deepEqual(Object.keys(described), ["name", "code", "message", "stack"]);
  t.notRegex(JSON.stringify(described), /abcdef|secret/);
});

test("causes are followed, and no further than four of them", (t) => {
  const chain = [5, 4, 3, 2, 1].reduce<Error | undefined>(
    (cause, number) => new Error(`error ${number}`, { cause }),
    new Error("error 6"),
  );
  const text = JSON.stringify(describeError(chain));
  t.regex(text, /error 1.*error 2.*error 5/);
  t.notRegex(text, /error 6/);
  const circle: Error & { cause?: unknown } = new Error("round");
  circle.cause = circle;
  t.is(JSON.stringify(describeError(circle)).match(/"round"/g)?.length, 5);
});

test("threat 27: messages and thrown text are escaped and cut", (t) => {
  const text = `\u001b[31m\r\n\u202e${"x".repeat(10_000)}`;
  for (const thrown of [new Error(text), text, { toString: () => text }]) {
    const described = JSON.stringify(describeError(thrown));
    t.notRegex(described, /\\u001b|\\r|\\n|\u202e/);
    t.true(described.length < 6000);
  }
});
