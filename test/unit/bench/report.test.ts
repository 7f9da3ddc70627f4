import test from "ava";
import { withTables } from "../../bench/report/results.ts";
import { median, spreadOf } from "../../bench/report/statistics.ts";

const RESULT = {
  bench: "start",
  machine: {
    cpu: "A CPU",
    cores: 2,
    memoryGib: 24,
    system: "Debian 12",
    node: "24.21.0",
    postgresql: "18.4",
    date: "2026-01-01",
  },
  seconds: 12.3,
  goals: [{ what: "start", toReach: "< 1000 ms", measured: "1200 ms", isReached: false }],
  tables: [
    {
      title: "Milliseconds",
      columns: [
        { key: "what", title: "what" },
        { key: "ms", title: "median", digits: 1 },
      ],
      rows: [{ what: "with a database", ms: 1234.56 }],
    },
  ],
  notes: ["Nothing was pinned."],
};

test("the page gets the tables of a result between its markers, and keeps everything else", (t) => {
  const page = "# Performance\n<!-- bench start -->\nold\n<!-- end start -->\nafter\n";
  t.is(
    withTables(page, [RESULT]),
    `# Performance
<!-- bench start -->

| to reach |           | measured | reached |
| -------- | --------- | -------- | ------- |
| start    | < 1000 ms | 1200 ms  | no      |

**Milliseconds**

| what            |  median |
| --------------- | ------: |
| with a database | 1,234.6 |

- Nothing was pinned.

2026-01-01, A CPU, 2 cores, 24 GiB, Debian 12, Node 24.21.0, PostgreSQL 18.4; 12 s.

<!-- end start -->
after
`,
  );
});

test("writing the same result twice changes nothing", (t) => {
  const once = withTables("<!-- bench start --><!-- end start -->", [RESULT]);
  t.is(withTables(once, [RESULT]), once);
});

test("a result without a place on the page is an error, not a lost figure", (t) => {
  t.throws(() => withTables("# Performance\n", [RESULT]), { message: /lacks <!-- bench start -->/ });
});

test("percentiles are values that were measured", (t) => {
  const values = Array.from({ length: 200 }, (_, n) => 200 - n);
  t.deepEqual(spreadOf(values), { n: 200, p50: 100, p99: 198, max: 200 });
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 2, 3]), 2);
});
