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
export const HEALTH_SERVICES = ["", "license.v1.LicenseService"] as const;

/** Full name of the health service itself. */
export const HEALTH_NAME = "grpc.health.v1.Health";

/** Says how the server is. */
export interface Health {
  /** SERVING or NOT_SERVING, for every service at once. */
  setServing(isServing: boolean): void;
}

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** Adds the health service to a server; everything is NOT_SERVING at first. */
export function addHealth(server: Server): Health {
  let current: HealthCheckResponse = { status: ServingStatus.NOT_SERVING };
  const watchers = new Set<Watcher>();
  server.addService(serverDefinition(HealthService, []), {
    check: (
      call: { request: HealthCheckRequest },
      callback: (error: object | null, value?: object) => void,
    ) => {
      if (isKnown(call.request.service)) callback(null, current);
      else callback({ code: status.NOT_FOUND, details: "The server has no such service." });
    },
    list: (_call: object, callback: (error: null, value: object) => void) => {
      callback(null, { statuses: Object.fromEntries(HEALTH_SERVICES.map((name) => [name, current])) });
    },
    watch: (call: Watcher) => {
      if (!isKnown(call.request.service)) return void call.write({ status: ServingStatus.SERVICE_UNKNOWN });
      watchers.add(call);
      call.on("cancelled", () => watchers.delete(call));
      call.write(current);
    },
  });
  return {
    setServing(isServing) {
      const next = isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      if (next === current.status) return;
      current = { status: next };
      for (const watcher of watchers) watcher.write(current);
    },
  };
}

function isKnown(service: string): boolean {
  return HEALTH_SERVICES.some((name) => name === service);
}
