import test from "ava";
import type { License } from "../../../../src/domain/license.ts";
import type { Refusal } from "../../../../src/domain/refusal.ts";
import { DEFAULT_AGENT_TIMING } from "../../../../src/usb/agent/agent-timing.ts";
import { Failures } from "../../../../src/usb/agent/failures.ts";
import { GoneKeys } from "../../../../src/usb/agent/gone-keys.ts";
import { licenseProblemOf } from "../../../../src/usb/agent/license-problem.ts";
import { ProofCounters } from "../../../../src/usb/agent/proof-counters.ts";
import type { SeenDevice } from "../../../../src/usb/agent/report.ts";

const KEY = { keyId: "key-1", thumbprint: "own" };

function reading(bindings: readonly License["binding"][], refusals: readonly Refusal[] = []) {
  const files = bindings.map((binding) => ({
    fileName: "",
    license: { binding } as License,
    signedBytes: "",
  }));
  return { files, refusals, inflatedBytes: 0 };
}

test("the counter of a key must rise; that of a key that proved itself 1,000 keys ago is forgotten", (t) => {
  const counters = new ProofCounters();
  t.true(counters.take("key-0", 5n));
  t.false(counters.take("key-0", 5n));
  t.false(counters.take("key-0", 4n));
  t.true(counters.take("key-0", 2n ** 60n));
  for (let number = 1; number < 1_000; number++) t.true(counters.take(`key-${number}`, 9n));
  t.false(counters.take("key-0", 6n));
  // Proving itself again makes it the latest.
  t.true(counters.take("key-0", 2n ** 61n));
  t.true(counters.take("key-1000", 9n));
  t.false(counters.take("key-0", 6n));
  t.true(counters.take("key-1", 1n));
});

test("failures count once they lasted over three tries, and tries become rarer up to once a minute", (t) => {
  const failures = new Failures(DEFAULT_AGENT_TIMING);
  const delays = [];
  for (let nowMs = 0; nowMs < 12_000; nowMs += 1_000) {
    failures.add(nowMs);
    delays.push(failures.doCount ? failures.delayMs("BUSY") : -failures.delayMs("BUSY"));
  }
  t.deepEqual(
    delays.slice(0, 10),
    [-1_000, -1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000],
  );
  t.is(failures.delayMs("NO_PERMISSION"), 10_000);
  failures.reset();
  t.false(failures.doCount);
  for (let again = 0; again < 20; again++) failures.add(20_000);
  t.false(failures.doCount);
  failures.add(21_500);
  t.true(failures.doCount);
});

test("of keys that are gone the latest 64 are remembered, each for a minute", (t) => {
  const gone = new GoneKeys(60_000);
  const device = (id: string): SeenDevice => ({
    id,
    port: "1-1",
    key: { ...KEY, model: "", reading: reading([]) },
    arrivedMs: 0,
    seenMs: 0,
    provedMs: undefined,
    isProven: false,
    mark: undefined,
    problem: undefined,
    licenseReason: undefined,
  });
  for (let number = 0; number < 100; number++) gone.add(device(`${number}`), number);
  gone.add({ ...device("unread"), key: undefined }, 100);
  t.is(gone.list(100).length, 64);
  t.is(gone.list(100)[0]?.id, "36");
  t.is(gone.list(60_098).length, 1);
  t.is(gone.list(60_099).length, 0);
});

test("UK-ID-2: licenses on a key are judged by the first that is against them, a copy before all", (t) => {
  const own = { method: "usb-key", ...KEY } as const;
  const refusals: readonly Refusal[] = [{ reason: "SIGNATURE_INVALID", message: "" }];
  const refused = { problem: "LICENSE_REFUSED" } as const;
  t.is(licenseProblemOf(reading([]), KEY), undefined);
  t.is(licenseProblemOf(reading([own, own]), KEY), undefined);
  t.deepEqual(licenseProblemOf(reading([own, { ...own, thumbprint: "other" }], refusals), KEY), {
    problem: "COPY",
    reason: undefined,
  });
  t.deepEqual(licenseProblemOf(reading([{ method: "request-code" }], refusals), KEY), {
    ...refused,
    reason: "SIGNATURE_INVALID",
  });
  for (const binding of [
    { method: "request-code" },
    { ...own, keyId: "key-2" },
    { ...own, keyId: "key-2", thumbprint: "other" },
  ] as const) {
    t.deepEqual(licenseProblemOf(reading([own, binding]), KEY), { ...refused, reason: "USB_KEY_MISMATCH" });
  }
});
