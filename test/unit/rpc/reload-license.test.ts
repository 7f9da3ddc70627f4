/** The order of a reload, and what it answers of the USB ports. */
import { type ReloadLicenseResponse, UsbScanOutcome } from "@license-service/contract";
import test from "ava";
import { pino } from "pino";
import { ServiceError } from "../../../src/errors.ts";
import type { TakenFile } from "../../../src/licensing/take-dropped.ts";
import type { RpcContext } from "../../../src/rpc/handler.ts";
import { createReloadLicense } from "../../../src/rpc/reload-license.ts";
import type { NodeScan } from "../../../src/usb/platform/usb-overview.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

const CONTEXT = { log: pino({ level: "silent" }), identity: { id: "admin" } } as unknown as RpcContext;

async function create(t: Teardown, scan: () => Promise<readonly NodeScan[]>, usbKeys = true) {
  const platform = await createTestPlatform(ISSUED_AT);
  const profile = { ...platform.context.profile, usbKeys };
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const steps: string[] = [];
  const loads = platform.store.loads;
  const note = <T>(step: string, value: T): T => {
    steps.push(`${step}, ${platform.store.loads - loads} reads`);
    return value;
  };
  const current = () => {
    const snapshot = hub.current();
    return { ...snapshot, state: { ...snapshot.state, profile } };
  };
  const handler = createReloadLicense({
    hub: { current, refresh: () => hub.refresh() },
    usb: { scanEverywhere: () => note("ports", scan()) },
    takeDropped: async () => note("files", [] as readonly TakenFile[]),
    reacquire: async () => note("lock", false),
  });
  return {
    hub,
    store: platform.store,
    steps,
    reload: async () => (await handler({}, CONTEXT)) as ReloadLicenseResponse,
  };
}

test("ZL-7: a reload looks at the ports of every node first, then reads the store, then takes files", async (t) => {
  const { reload, steps } = await create(t, async () => []);
  await reload();
  t.deepEqual(steps, ["ports, 0 reads", "files, 1 reads", "lock, 1 reads"]);
});

test("ZL-7: a reload answers what became of the look on every node, by node", async (t) => {
  const scans = [
    { nodeId: "d", outcome: "AWAY", keyCount: 0 },
    { nodeId: "b", outcome: "UNAVAILABLE", keyCount: 0 },
    { nodeId: "c", outcome: "NO_ANSWER", keyCount: 1 },
    { nodeId: "a", outcome: "DONE", keyCount: 2 },
  ] as const;
  const { reload } = await create(t, async () => scans);
  t.deepEqual((await reload()).usbScans, [
    { managementNodeId: "a", outcome: UsbScanOutcome.DONE, keyCount: 2 },
    { managementNodeId: "b", outcome: UsbScanOutcome.UNAVAILABLE, keyCount: 0 },
    { managementNodeId: "c", outcome: UsbScanOutcome.NO_ANSWER, keyCount: 1 },
    { managementNodeId: "d", outcome: UsbScanOutcome.AWAY, keyCount: 0 },
  ]);
});

test("a reload of a product without USB keys looks at no ports", async (t) => {
  const { reload, steps } = await create(t, () => Promise.reject(new Error("nobody asks")), false);
  t.deepEqual((await reload()).usbScans, []);
  t.deepEqual(steps, ["files, 1 reads", "lock, 1 reads"]);
});

test("a reload without the database touches no file and looks at no port", async (t) => {
  const { reload, steps, store, hub } = await create(t, async () => []);
  store.failure = new Error("away");
  await t.throwsAsync(hub.refresh());
  await t.throwsAsync(reload(), { instanceOf: ServiceError, message: /database is away/ });
  t.deepEqual(steps, []);
});

test("a database that goes away during the look ends the reload before any file is touched", async (t) => {
  const gone = new ServiceError("DATABASE_UNAVAILABLE", "The database is away.");
  const { reload, steps } = await create(t, () => Promise.reject(gone));
  await t.throwsAsync(reload(), { is: gone });
  t.deepEqual(steps, ["ports, 0 reads"]);
});
