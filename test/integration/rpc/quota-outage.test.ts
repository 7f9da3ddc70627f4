/** QuotaService while the database is away, and what watches hear of usage. */
import { credentials, status } from "@grpc/grpc-js";
import type { WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import {
  HealthClient,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import test, { type ExecutionContext } from "ava";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import { type FaultyNetwork, openFaultyNetwork } from "../store/faulty-network.ts";
import { startQuotaService, toAmounts } from "./_quota-service.ts";

async function startOverNetwork(t: ExecutionContext) {
  const ready = Promise.withResolvers<FaultyNetwork>();
  const route = async (databaseUrl: string) => {
    const network = await openFaultyNetwork(t, databaseUrl);
    ready.resolve(network);
    return network.url;
  };
  const rpc = await startQuotaService(t, { heartbeatMs: 100, pollMs: 100, route });
  await rpc.install({ quotas: { cpus: 8 } });
  return { rpc, network: await ready.promise };
}

test("without the database QuotaService is NOT_SERVING and refuses every call; afterwards a repeated key counts once", async (t) => {
  const { rpc, network } = await startOverNetwork(t);
  const client = new HealthClient(rpc.service.address, credentials.createInsecure());
  t.teardown(() => client.close());
  const health = new RpcStream(client.watch({ service: "license.v1.QuotaService" }));
  t.teardown(() => health.cancel());
  await health.next((told) => told.status === ServingStatus.SERVING);
  const request = { amounts: toAmounts({ "base/cpus": 5n }), idempotencyKey: "key" };
  const first = await rpc.quota("reserveQuota", request);
  const { reservationId } = first;
  await network.cut();
  await health.next((told) => told.status === ServingStatus.NOT_SERVING);
  const calls = [
    rpc.quota("reserveQuota", request),
    rpc.quota("commitReservation", { reservationId }),
    rpc.quota("releaseReservation", { reservationId }),
    rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 1n }) }),
    rpc.quota("listUsage"),
  ];
  for (const call of calls) {
    t.like(await t.throwsAsync(call), { code: status.UNAVAILABLE, reason: "DATABASE_UNAVAILABLE" });
  }
  await network.repair();
  await health.next((told) => told.status === ServingStatus.SERVING);
  t.deepEqual(await rpc.quota("reserveQuota", request), first);
  t.is(await rpc.meter("base/cpus"), "5 of 8, 3 left");
});

test("a watch hears at once that a meter came over its quota, and of the rest only what it asked for", async (t) => {
  const { rpc } = await startOverNetwork(t);
  const watch = rpc.watch();
  const over = ({ snapshot }: WatchLicenseCapabilitiesResponse) =>
    snapshot?.capabilities.some(({ meters }) => meters.some((meter) => meter.over));
  const isOver = (wanted: boolean) => (message: WatchLicenseCapabilitiesResponse) =>
    message.snapshot !== undefined && over(message) === wanted;
  await watch.next(isOver(false));
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 4n }) });
  const { usageRevision } = await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 9n }) });
  const told = await watch.next(({ snapshot }) => snapshot !== undefined);
  t.true(over(told), "4 of 8 was no news");
  t.is(told.snapshot?.usageRevision, usageRevision);
});

test("a lease that ends is given back with no call at all, and a watch that asked for usage hears of it", async (t) => {
  const { rpc } = await startOverNetwork(t);
  const watch = rpc.watch({ includeUsage: true });
  const used = ({ snapshot }: WatchLicenseCapabilitiesResponse) =>
    snapshot?.capabilities.flatMap(({ meters }) => meters).find(({ key }) => key === "base/cpus")?.used;
  await watch.next((message) => used(message) === 0n);
  const lease = { seconds: 1n, nanos: 0 };
  await rpc.quota("reserveQuota", { amounts: toAmounts({ "base/cpus": 5n }), idempotencyKey: "a", lease });
  await watch.next((message) => used(message) === 5n);
  const back = await watch.next((message) => used(message) === 0n);
  t.is(back.snapshot?.usageRevision, 2n);
});
