import test from "ava";
import { ServiceError } from "../../../../src/errors.ts";
import { REFUSALS_PER_SECOND, StrangerUsage } from "../../../../src/rpc/limits/stranger-usage.ts";
import { TokenBucket } from "../../../../src/rpc/limits/token-bucket.ts";
import { BURST_SECONDS, Usage } from "../../../../src/rpc/limits/usage.ts";
import { UsageTable } from "../../../../src/rpc/limits/usage-table.ts";

const LIMITS = { callsPerSecond: 10, callsAtOnce: 3, watchesAtOnce: 2 };

function refusalOf(work: () => void): ServiceError {
  try {
    work();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a bucket gives its burst at once, then one start at a time as they are earned", (t) => {
  const bucket = new TokenBucket(10, 20, 0);
  for (let taken = 0; taken < 20; taken++) t.is(bucket.take(0), 0);
  t.is(bucket.take(0), 100);
  t.is(bucket.take(40), 60);
  t.is(bucket.take(100), 0);
  t.is(bucket.take(100), 100);
});

test("a bucket keeps no more than its burst, however long it rests", (t) => {
  const bucket = new TokenBucket(10, 20, 0);
  t.is(bucket.take(1_000_000), 0);
  for (let taken = 1; taken < 20; taken++) t.is(bucket.take(1_000_000), 0);
  t.true(bucket.take(1_000_000) > 0);
});

test("over a minute a caller who never pauses begins what the rate allows, and the burst", (t) => {
  const bucket = new TokenBucket(10, 20, 0);
  let taken = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs++) if (bucket.take(nowMs) === 0) taken++;
  t.is(taken, 600 - 1 + 20);
});

test("calls beyond the rate are RATE_EXCEEDED, with the time after which one is right", (t) => {
  const usage = new Usage(LIMITS, 0);
  for (let call = 0; call < 10 * BURST_SECONDS; call++) {
    usage.begin(false, 0);
    usage.end(false);
  }
  const error = refusalOf(() => usage.begin(false, 0));
  t.is(error.reason, "RATE_EXCEEDED");
  t.is(error.retryAfterMs, 100);
  t.notThrows(() => usage.begin(false, 100));
});

test("calls and watches at once are counted apart, and refused ones are not counted at all", (t) => {
  const usage = new Usage(LIMITS, 0);
  for (let call = 0; call < 3; call++) usage.begin(false, 0);
  for (let watch = 0; watch < 2; watch++) usage.begin(true, 0);
  t.is(refusalOf(() => usage.begin(false, 0)).reason, "TOO_MANY_CALLS");
  t.is(refusalOf(() => usage.begin(true, 0)).reason, "TOO_MANY_CALLS");
  usage.end(false);
  t.notThrows(() => usage.begin(false, 0));
  t.is(refusalOf(() => usage.begin(false, 0)).reason, "TOO_MANY_CALLS");
  usage.end(true);
  t.notThrows(() => usage.begin(true, 0));
});

test("strangers' health checks and wrong tokens of one address do not use up each other's rate", (t) => {
  const strangers = new StrangerUsage(0);
  for (let call = 0; call < REFUSALS_PER_SECOND * BURST_SECONDS; call++)
    t.is(strangers.refused(0), undefined);
  t.is(strangers.refused(0)?.reason, "RATE_EXCEEDED");
  t.notThrows(() => strangers.open.begin(false, 0));
});

test("parties that are idle are forgotten; those with calls, connections or a rate to answer for are not", (t) => {
  const table = new UsageTable((nowMs) => new Usage(LIMITS, nowMs));
  const calling = table.of("calling", 0);
  calling.begin(false, 0);
  const connected = table.of("connected", 0);
  connected.connections++;
  const hasty = table.of("hasty", 0);
  for (let call = 0; call < 20; call++) {
    hasty.begin(true, 0);
    hasty.end(true);
  }
  for (let stranger = 0; stranger < 1000; stranger++) table.of(`stranger ${stranger}`, 0);
  t.is(table.size, 1003);
  table.of("another", 1900);
  t.is(table.size, 4);
  t.is(table.of("calling", 1900), calling);
  t.is(table.of("connected", 1900), connected);
  t.is(table.of("hasty", 1900), hasty);
  calling.end(false);
  table.of("one more", 4000);
  t.is(table.size, 2);
});
