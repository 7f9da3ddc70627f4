/** Bad input to QuotaService: a typed refusal that names the field, and nothing is changed. */
import { status } from "@grpc/grpc-js";
import test from "ava";
import { createTeardown } from "../cli/_licensectl.ts";
import { type QuotaService, startQuotaService, toAmounts } from "./_quota-service.ts";

const teardown = createTeardown();
let rpc: QuotaService;

test.before(async () => {
  rpc = await startQuotaService(teardown);
  await rpc.install({ quotas: { cpus: 8 } });
});
test.after.always(() => teardown.run());

const amounts = toAmounts({ "base/cpus": 1n });
const twice = [...amounts, ...amounts];
const seconds = (count: bigint, nanos = 0) => ({ seconds: count, nanos });

const RESERVATIONS = [
  ["no amount", {}, "amounts"],
  ["an amount of zero", { amounts: toAmounts({ "base/cpus": 0n }) }, "amounts[0].amount"],
  ["a negative amount", { amounts: toAmounts({ "base/cpus": -1n }) }, "amounts[0].amount"],
  ["the least integer", { amounts: toAmounts({ "base/cpus": -(2n ** 63n) }) }, "amounts[0].amount"],
  ["a meter twice", { amounts: twice }, "amounts[1].meter"],
  ["an unknown meter", { amounts: toAmounts({ "base/\u202Ecpus": 1n }) }, "amounts[0].meter"],
  ["a meter without a name", { amounts: toAmounts({ "": 1n }) }, "amounts[0].meter"],
  ["a lease below 1 s", { amounts, lease: seconds(0n, 999_999_999) }, "lease"],
  ["a lease above 1 h", { amounts, lease: seconds(3_600n, 1_000_000) }, "lease"],
  ["a lease of ages", { amounts, lease: seconds(2n ** 63n - 1n) }, "lease"],
  ["a negative lease", { amounts, lease: seconds(-60n) }, "lease"],
  ["a lease of negative nanoseconds", { amounts, lease: seconds(61n, -1) }, "lease"],
  ["no key", { amounts, idempotencyKey: "" }, "idempotency_key"],
  ["a long key", { amounts, idempotencyKey: "k".repeat(129) }, "idempotency_key"],
  ["a key with NUL", { amounts, idempotencyKey: "a\0b" }, "idempotency_key"],
  ["a long resource id", { amounts, resourceId: "r".repeat(257) }, "resource_id"],
  ["a resource id with an escape", { amounts, resourceId: "\u001b[31m" }, "resource_id"],
] as const;

for (const [what, request, field] of RESERVATIONS) {
  test(`threat 29: a reservation with ${what} is refused by its field`, async (t) => {
    const error = await t.throwsAsync(
      rpc.quota("reserveQuota", {
        idempotencyKey: what,
        ...request,
        amounts: [...("amounts" in request ? request.amounts : [])],
      }),
    );
    t.like(error, {
      code: status.INVALID_ARGUMENT,
      reason:
        what.includes("unknown") || what.includes("without a name") ? "UNKNOWN_METER" : "INVALID_REQUEST",
      fields: [field],
    });
    t.notRegex(error?.message ?? "", /[\p{Cc}\p{Cf}]/u);
  });
}

const REPORTS = [
  ["no usage", {}, "usages"],
  ["a negative usage", { usages: toAmounts({ "base/cpus": -1n }) }, "usages[0].amount"],
  ["a meter twice", { usages: twice }, "usages[1].meter"],
  ["an unknown meter", { usages: toAmounts({ "base/apples": 1n }) }, "usages[0].meter"],
  ["a revision ahead", { usages: amounts, asOfUsageRevision: 2n ** 64n - 1n }, "as_of_usage_revision"],
] as const;

for (const [what, request, field] of REPORTS) {
  test(`threat 29: a report with ${what} is refused by its field`, async (t) => {
    const usages = "usages" in request ? [...request.usages] : [];
    const error = await t.throwsAsync(rpc.quota("reportUsage", { ...request, usages }));
    t.like(error, { code: status.INVALID_ARGUMENT, fields: [field] });
  });
}

for (const reservationId of ["", "x", "00000000-0000-0000-0000-00000000000g", "{}".repeat(5_000)]) {
  test(`a reservation id of ${reservationId.length} characters that is no UUID is refused`, async (t) => {
    for (const name of ["commitReservation", "releaseReservation"] as const) {
      const error = await t.throwsAsync(rpc.quota(name, { reservationId }));
      t.like(error, { code: status.INVALID_ARGUMENT, fields: ["reservation_id"] });
    }
  });
}

test("a list with a limit, a token or a meter that is none is refused by its field", async (t) => {
  const cases = [
    [{ limit: 0 }, "limit"],
    [{ limit: 1_001 }, "limit"],
    [{ pageToken: "x" }, "page_token"],
    [{ meter: "apples" }, "meter"],
  ] as const;
  for (const [request, field] of cases) {
    const error = await t.throwsAsync(rpc.quota("listUsage", request));
    t.like(error, { code: status.INVALID_ARGUMENT, fields: [field] });
  }
});

test.after("nothing of all this changed usage", async (t) => {
  const { usageRevision, reports, reservations } = await rpc.quota("listUsage");
  t.deepEqual({ usageRevision, reports, reservations }, { usageRevision: 0n, reports: [], reservations: [] });
});
