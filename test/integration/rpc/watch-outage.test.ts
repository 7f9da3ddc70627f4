/** The database goes away and comes back, under a service that goes on. */

import { credentials } from "@grpc/grpc-js";
import type { WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import {
  type HealthCheckResponse,
  HealthClient,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import test, { type ExecutionContext } from "ava";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import { type FaultyNetwork, openFaultyNetwork } from "../store/faulty-network.ts";

type Message = WatchLicenseCapabilitiesResponse;
const isStale = ({ heartbeat }: Message) => heartbeat?.staleSince !== undefined;
const isFresh = ({ heartbeat }: Message) => heartbeat !== undefined && heartbeat.staleSince === undefined;

async function startOverNetwork(t: ExecutionContext) {
  const ready = Promise.withResolvers<FaultyNetwork>();
  const route = async (databaseUrl: string) => {
    const network = await openFaultyNetwork(t, databaseUrl);
    ready.resolve(network);
    return network.url;
  };
  const rpc = await startRpcService(t, { heartbeatMs: 100, pollMs: 100, route });
  return { rpc, network: await ready.promise };
}

test("health tells the services apart: what answers from memory serves on, what needs the database does not", async (t) => {
  const { rpc, network } = await startOverNetwork(t);
  const client = new HealthClient(rpc.service.address, credentials.createInsecure());
  t.teardown(() => client.close());
  const watchHealth = (service: string) => {
    const stream = new RpcStream(client.watch({ service }));
    t.teardown(() => stream.cancel());
    return stream;
  };
  const [licenses, tokens] = [
    watchHealth("license.v1.LicenseService"),
    watchHealth("license.v1.TokenService"),
  ];
  const serves = ({ status }: HealthCheckResponse) => status === ServingStatus.SERVING;
  await Promise.all([licenses.next(serves), tokens.next(serves)]);
  await network.cut();
  await tokens.next(({ status }) => status === ServingStatus.NOT_SERVING);
  const check = (service: string) =>
    new Promise<HealthCheckResponse | undefined>((resolve) => {
      client.check({ service }, (_error, answer) => resolve(answer));
    });
  t.is((await check("license.v1.LicenseService"))?.status, ServingStatus.SERVING);
  t.is((await check("license.v1.TokenService"))?.status, ServingStatus.NOT_SERVING);
  await network.repair();
  await tokens.next(serves);
});

test("while the database is away, reads say since when and writes are refused; it recovers by itself", async (t) => {
  const { rpc, network } = await startOverNetwork(t);
  const uploaded = await rpc.install();
  const stream = rpc.watch();
  await stream.next(isFresh);
  await network.cut();
  const { heartbeat } = await stream.next(isStale);
  t.deepEqual(heartbeat?.revision, uploaded.revision);

  const stale = await rpc.call("getLicenseCapabilities");
  t.deepEqual(stale.staleSince, heartbeat?.staleSince);
  t.is(standingOf(stale, "gpu"), "ENABLED GRANTED");
  t.truthy((await rpc.call("getLicenseInfo")).staleSince);
  const known = { knownRevision: stale.revision, knownEvaluatedAt: stale.evaluatedAt };
  t.like(await rpc.call("getLicenseCapabilities", known), { unchanged: true, staleSince: stale.staleSince });
  const packageBytes = Buffer.from(await rpc.issue({ item: "cdp" }));
  for (const call of [
    rpc.call("uploadLicense", { package: packageBytes }),
    rpc.call("uploadLicense", { package: packageBytes, validateOnly: true }),
    rpc.call("deleteLicense", { item: "base" }),
    rpc.call("reloadLicense"),
    rpc.call("getLicenseRecords"),
  ]) {
    t.like(await rpcErrorOf(call), { code: 14, reason: "DATABASE_UNAVAILABLE" });
  }

  await network.repair();
  await stream.next(isFresh);
  t.is((await rpc.call("getLicenseCapabilities")).staleSince, undefined);
  await rpc.call("uploadLicense", { package: packageBytes });
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "cdp"), "ENABLED GRANTED");
});

test("EV-4: a license ends on time while the database is away", async (t) => {
  const { rpc, network } = await startOverNetwork(t);
  await rpc.install({ exp: Math.ceil(rpc.clock.now() / 1000) + 6 });
  const stream = rpc.watch();
  await network.cut();
  const ended = await stream.next(
    ({ snapshot }) => snapshot !== undefined && standingOf(snapshot, "gpu") !== "ENABLED GRANTED",
  );
  t.is(standingOf(ended.snapshot, "gpu"), "VIEW_ONLY EXPIRED");
});
