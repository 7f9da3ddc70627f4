import test from "ava";
import { Turns } from "../../../src/rpc/turns.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a thousand are served in ten turns of the event loop, in the order of their asking", async (t) => {
  const turns = new Turns();
  const served: number[] = [];
  for (let n = 0; n < 1_000; n++) turns.ask(() => void served.push(n));
  t.deepEqual(served, []);
  await turn();
  t.is(served.length, 100);
  for (let n = 0; n < 9; n++) await turn();
  t.deepEqual(served, [...Array(1_000).keys()]);
});

test("who asks twice before a turn is served once, and who asks while served is served again", async (t) => {
  const turns = new Turns();
  let count = 0;
  const serve = (): void => {
    count += 1;
    if (count === 1) turns.ask(serve);
  };
  turns.ask(serve);
  turns.ask(serve);
  await turn();
  await turn();
  t.is(count, 2);
});

test("what was taken back is not served", async (t) => {
  const turns = new Turns();
  const served: string[] = [];
  const gone = (): void => void served.push("gone");
  turns.ask(gone);
  turns.ask(() => void served.push("here"));
  turns.cancel(gone);
  await turn();
  t.deepEqual(served, ["here"]);
});
