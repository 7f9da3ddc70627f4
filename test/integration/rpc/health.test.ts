import { status } from "@grpc/grpc-js";
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthListResponse,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import test from "ava";
import { startTokenService } from "../../helpers/token-service.ts";

const NAMES = ["", "license.v1.LicenseService", "license.v1.QuotaService", "license.v1.TokenService"];

function request(service: string): Buffer {
  return Buffer.from(HealthCheckRequest.encode({ service }).finish());
}

function statusOf(bytes: Buffer | undefined): ServingStatus {
  return HealthCheckResponse.decode(bytes ?? Buffer.alloc(0)).status;
}

test("health is told without identity, for the server and for its services", async (t) => {
  const rpc = await startTokenService(t, { isDevelopment: false });
  for (const name of NAMES) {
    const { answer } = await rpc.call(HealthService.check.path, undefined, request(name));
    t.is(statusOf(answer), ServingStatus.SERVING, name);
  }
  const { answer } = await rpc.call(HealthService.list.path, undefined);
  t.deepEqual(HealthListResponse.decode(answer ?? Buffer.alloc(0)).statuses, {
    "": { status: ServingStatus.SERVING },
    "license.v1.LicenseService": { status: ServingStatus.SERVING },
    "license.v1.QuotaService": { status: ServingStatus.SERVING },
    "license.v1.TokenService": { status: ServingStatus.SERVING },
  });
});

test("an unknown service is NOT_FOUND to a check, without its name, and SERVICE_UNKNOWN to a watch", async (t) => {
  const rpc = await startTokenService(t);
  const { error } = await rpc.call(HealthService.check.path, undefined, request("x".repeat(30_000)));
  t.like(error, { code: status.NOT_FOUND, message: "The server has no such service." });
  const stream = rpc.stream(HealthService.watch.path, undefined, request("no.Such"));
  t.is(statusOf(await stream.next()), ServingStatus.SERVICE_UNKNOWN);
});

test("a watch of health is told at once, told of the stop, and ended", async (t) => {
  const rpc = await startTokenService(t);
  const streams = NAMES.map((name) => rpc.stream(HealthService.watch.path, undefined, request(name)));
  for (const stream of streams) t.is(statusOf(await stream.next()), ServingStatus.SERVING);
  await rpc.service.stop();
  for (const stream of streams) {
    t.is(statusOf(await stream.next()), ServingStatus.NOT_SERVING);
    t.like(await stream.ended(), { code: status.UNAVAILABLE, reason: "SHUTTING_DOWN" });
  }
});
