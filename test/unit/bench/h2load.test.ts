import test from "ava";
import { latencyOf, readReport } from "../../bench/parts/h2load.ts";

const REPORT = `starting benchmark...
finished in 1.25s, 8000.50 req/s, 30.52MB/s
requests: 10000 total, 10000 started, 10000 done, 10000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 10000 2xx, 0 3xx, 0 4xx, 0 5xx
`;

test("the rate of a whole report is read", (t) => {
  t.is(readReport(REPORT, 10_000), 8000.5);
});

test("a report in which one call failed is no figure", (t) => {
  const failed = REPORT.replace("10000 succeeded, 0 failed", "9999 succeeded, 1 failed");
  t.throws(() => readReport(failed, 10_000), { message: /not all of 10000 calls were answered/ });
});

test("a report of fewer calls than were asked for is no figure", (t) => {
  t.throws(() => readReport(REPORT, 10_001), { message: /not all/ });
});

test("a report that h2load broke off is no figure", (t) => {
  t.throws(() => readReport("starting benchmark...\n", 1), { message: /not all/ });
});

test("latency is read from the third column of the log, in milliseconds", (t) => {
  const log = Array.from({ length: 100 }, (_, n) => `1700000000000000\t200\t${(n + 1) * 1000}\n`).join("");
  t.deepEqual(latencyOf(log), { p50: 50, p99: 99 });
});
