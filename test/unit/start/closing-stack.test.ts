import test from "ava";
import { pino } from "pino";
import { ClosingStack } from "../../../src/start/closing-stack.ts";

test("what was opened is closed in reverse order, one after the other, and once", async (t) => {
  const stack = new ClosingStack(pino({ level: "silent" }));
  const closed: string[] = [];
  stack.add("first", () => closed.push("first"));
  stack.add("second", async () => {
    await new Promise(setImmediate);
    closed.push("second");
  });
  await stack.closeAll();
  await stack.closeAll();
  t.deepEqual(closed, ["second", "first"]);
});

test("a part that does not close is logged by its name, and keeps no other from closing", async (t) => {
  const lines: string[] = [];
  const stack = new ClosingStack(pino({}, { write: (line) => void lines.push(line) }));
  let isClosed = false;
  stack.add("data directory", () => {
    isClosed = true;
  });
  stack.add("database pool", () => Promise.reject(new Error("stuck")));
  stack.add("server", () => {
    throw new Error("torn");
  });
  await stack.closeAll();
  t.true(isClosed);
  t.deepEqual(
    lines.map((line) => JSON.parse(line).part),
    ["server", "database pool"],
  );
});
