/**
 * The standard health service, grpc.health.v1. It asks for no identity, so it keeps nothing that a
 * stranger could make grow: `grpc-health-check` remembers every name that was ever watched, and repeats
 * unknown names in its errors, whatever their length.
 */
import { type Server, type ServerWritableStream, status } from "@grpc/grpc-js";
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import { serverDefinition } from "./service-definition.ts";

/** Full names of the services whose health is told; "" is the server as a whole. */
export const HEALTH_SERVICES = [
  "",
  "license.v1.LicenseService",
  "license.v1.QuotaService",
  "license.v1.TokenService",
] as const;

/** One of {@link HEALTH_SERVICES}. */
export type HealthServiceName = (typeof HEALTH_SERVICES)[number];

/** Full name of the health service itself. */
export const HEALTH_NAME = "grpc.health.v1.Health";

/** Says how the server is. */
export interface Health {
  /** SERVING or NOT_SERVING, for one service. */
  setServing(service: HealthServiceName, isServing: boolean): void;
}

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** What is told of one service, and who follows it. */
interface Told {
  response: HealthCheckResponse;
  readonly watchers: Set<Watcher>;
}

/** Adds the health service to a server; everything is NOT_SERVING at first. */
export function addHealth(server: Server): Health {
  const told = new Map<string, Told>(
    HEALTH_SERVICES.map((name) => [name, { response: responseOf(false), watchers: new Set() }]),
  );
  server.addService(serverDefinition(HealthService, []), {
    check: (
      call: { request: HealthCheckRequest },
      callback: (error: object | null, value?: object) => void,
    ) => {
      const known = told.get(call.request.service);
      if (known !== undefined) callback(null, known.response);
      else callback({ code: status.NOT_FOUND, details: "The server has no such service." });
    },
    list: (_call: object, callback: (error: null, value: object) => void) => {
      const statuses = [...told].map(([name, { response }]) => [name, response]);
      callback(null, { statuses: Object.fromEntries(statuses) });
    },
    watch: (call: Watcher) => {
      const known = told.get(call.request.service);
      if (known === undefined) return void call.write({ status: ServingStatus.SERVICE_UNKNOWN });
      known.watchers.add(call);
      call.on("cancelled", () => known.watchers.delete(call));
      call.write(known.response);
    },
  });
  return {
    setServing(service, isServing) {
      const known = told.get(service);
      const response = responseOf(isServing);
      if (known === undefined || known.response.status === response.status) return;
      known.response = response;
      for (const watcher of known.watchers) watcher.write(response);
    },
  };
}

function responseOf(isServing: boolean): HealthCheckResponse {
  return { status: isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING };
}
