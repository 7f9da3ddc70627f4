import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import type { LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { judgeReservation } from "../../../src/quotas/judge-reservation.ts";
import { evaluateState } from "../../../src/snapshot/snapshot.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

/** Judges by these licenses and this usage, a day after they were issued. */
async function judge(
  licenses: readonly Partial<LicenseRequest>[],
  meters: readonly string[],
  totals: Readonly<Record<string, bigint>> = {},
) {
  const platform = await createTestPlatform(ISSUED_AT);
  for (const claims of licenses) await platform.install(claims);
  platform.store.use(totals);
  const hub = await platform.startHub();
  const { state } = hub.current();
  await hub.close();
  return judgeReservation(state.profile, evaluateState(state, ISSUED_AT + DAY_MS), meters);
}

const STANDARD = { edition: "standard", quotas: { cpus: 8 } };
const VMWARE = { item: "vmware", edition: undefined, quotas: { cpus: 4 } };

test("a meter is guarded by its limit, and one without a limit is not", async (t) => {
  const judgment = await judge([STANDARD], ["base/cpus", "base/vms"]);
  t.true(judgment.mayCreate);
  t.deepEqual(judgment.guards, [{ meter: "base/cpus", limit: 8n }]);
});

test("ZC-PL-4: vmware/cpus is guarded by the base, and what it has itself goes first", async (t) => {
  const overflows = [{ source: "vmware/cpus", limit: 4n, target: "base/cpus" }];
  const guards = [{ meter: "base/cpus", limit: 8n }];
  t.like(await judge([STANDARD, VMWARE], ["vmware/cpus"]), { mayCreate: true, guards, overflows });
  t.like(await judge([STANDARD, VMWARE], ["base/cpus", "vmware/cpus"]), { guards, overflows });
});

test("ZC-PL-4: without a module vmware draws on the base with all it has", async (t) => {
  t.like(await judge([STANDARD], ["vmware/cpus"]), {
    mayCreate: true,
    guards: [{ meter: "base/cpus", limit: 8n }],
    overflows: [{ source: "vmware/cpus", limit: 0n, target: "base/cpus" }],
  });
});

test("ZC-ED-3: beside a trial no module's meter is guarded", async (t) => {
  const trial = {
    edition: "enterprise",
    term: "trial" as const,
    quotas: { hosts: 1 },
    exp: (ISSUED_AT + 30 * DAY_MS) / 1_000,
  };
  t.like(await judge([trial], ["backup/vms", "vmware/cpus"] as const), { guards: [], overflows: [] });
});

test("EV-7: a module that is not licensed stands in the way, and lasts", async (t) => {
  const { mayCreate, obstacle } = await judge([STANDARD], ["base/cpus", "backup/vms"]);
  t.false(mayCreate);
  t.like(obstacle, { meter: "backup/vms", over: undefined, capability: { reason: "NOT_LICENSED" } });
});

test("a base over quota stands in the way of every meter of its capabilities, and names itself", async (t) => {
  const { mayCreate, obstacle } = await judge([STANDARD], ["base/vms"], { "base/cpus": 9n });
  t.false(mayCreate);
  t.like(obstacle, { meter: "base/vms", over: { key: "base/cpus", limit: 8n, used: 9n } });
});

test("an obstacle that lasts is told before one that a release lifts", async (t) => {
  const { obstacle } = await judge([STANDARD], ["base/cpus", "backup/vms"], { "base/cpus": 9n });
  t.is(obstacle?.meter, "backup/vms");
});
