import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import test, { type ExecutionContext } from "ava";
import { addHealth, HEALTH_SERVICES } from "../../../src/rpc/health.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";

/** A server that has nothing but health, and what its watchers of each service are told. */
async function watchHealth(t: ExecutionContext) {
  const server = new Server();
  t.teardown(() => server.forceShutdown());
  const health = addHealth(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const watch = (service: string) => {
    const request = Buffer.from(HealthCheckRequest.encode({ service }).finish());
    const call = client.makeServerStreamRequest(
      HealthService.watch.path,
      (bytes: Buffer) => bytes,
      (bytes) => HealthCheckResponse.decode(bytes).status,
      request,
    );
    t.teardown(() => call.cancel());
    return new RpcStream(call);
  };
  return { health, watchers: new Map(HEALTH_SERVICES.map((name) => [name, watch(name)])) };
}

test("the health of one service is told to those who follow it, and to no others", async (t) => {
  const { health, watchers } = await watchHealth(t);
  for (const [name, watcher] of watchers) t.is(await watcher.next(), ServingStatus.NOT_SERVING, name);
  health.setServing("license.v1.TokenService", true);
  health.setServing("license.v1.TokenService", true);
  t.is(await watchers.get("license.v1.TokenService")?.next(), ServingStatus.SERVING);
  // Were the others told of it, or was it told twice, what comes next would be something else.
  for (const name of HEALTH_SERVICES) health.setServing(name, name !== "license.v1.TokenService");
  t.is(await watchers.get("")?.next(), ServingStatus.SERVING);
  t.is(await watchers.get("license.v1.LicenseService")?.next(), ServingStatus.SERVING);
  t.is(await watchers.get("license.v1.TokenService")?.next(), ServingStatus.NOT_SERVING);
});
