import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import { Turnstile } from "../../../src/store/turnstile.ts";

const PATIENT = { running: 2, waiting: 2, patienceMs: 60_000 };

/** Works that end when they are told to. */
function createWorks() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () =>
    new Promise<string>((resolve) => {
      begun.push(name);
      ends.set(name, () => resolve(name));
    });
  return { begun, work, end: (name: string) => ends.get(name)?.() };
}

test("works run up to the bound, and those that wait in the order of their coming", async (t) => {
  const turnstile = new Turnstile(PATIENT);
  const { begun, work, end } = createWorks();
  const results = ["a", "b", "c", "d"].map((name) => turnstile.run(work(name)));
  t.deepEqual(begun, ["a", "b"]);
  t.is(turnstile.waiting, 2);
  end("b");
  t.is(await results[1], "b");
  t.deepEqual(begun, ["a", "b", "c"]);
  for (const name of ["a", "c"]) end(name);
  await Promise.all([results[0], results[2]]);
  end("d");
  t.is(await results[3], "d");
});

test("one more than may wait is refused with BUSY and not begun", async (t) => {
  const turnstile = new Turnstile(PATIENT);
  const { begun, work, end } = createWorks();
  const results = ["a", "b", "c", "d"].map((name) => turnstile.run(work(name)));
  const error = await t.throwsAsync(turnstile.run(work("e")), { instanceOf: ServiceError });
  t.is(error?.reason, "BUSY");
  t.is(error?.retryAfterMs, 1_000);
  for (const name of ["a", "b", "c", "d"]) {
    await Promise.resolve();
    end(name);
    await results[["a", "b", "c", "d"].indexOf(name)];
  }
  t.deepEqual(begun, ["a", "b", "c", "d"]);
});

test("who waits too long is refused, and keeps nobody else from entering", async (t) => {
  const turnstile = new Turnstile({ running: 1, waiting: 5, patienceMs: 1 });
  const { work, end } = createWorks();
  const first = turnstile.run(work("a"));
  await t.throwsAsync(turnstile.run(work("b")), { instanceOf: ServiceError, message: /Too many calls wait/ });
  end("a");
  await first;
  const next = turnstile.run(work("c"));
  end("c");
  t.is(await next, "c");
});

test("a work that fails leaves its place", async (t) => {
  const turnstile = new Turnstile({ running: 1, waiting: 0, patienceMs: 1 });
  await t.throwsAsync(
    turnstile.run(() => Promise.reject(new Error("lost"))),
    { message: "lost" },
  );
  t.is(await turnstile.run(async () => "next"), "next");
});
