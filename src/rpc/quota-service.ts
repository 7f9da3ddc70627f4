import type { Server, UntypedServiceImplementation } from "@grpc/grpc-js";
import { QuotaServiceService } from "@license-service/contract";
import type { QuotaContext } from "../quotas/reserve-quota.ts";
import { requireDatabase } from "../snapshot/require-database.ts";
import { adaptUnary } from "./adapters.ts";
import { createCommitReservation } from "./commit-reservation.ts";
import type { UnaryHandler } from "./handler.ts";
import { createListUsage, type ListUsageSources } from "./list-usage.ts";
import { createReleaseReservation } from "./release-reservation.ts";
import { createReportUsage } from "./report-usage.ts";
import { createReserveQuota } from "./reserve-quota.ts";
import { serverDefinition } from "./service-definition.ts";

type Methods = typeof QuotaServiceService;

/** A handler for every RPC of `license.v1.QuotaService`. */
export type QuotaHandlers = {
  readonly [Name in keyof Methods]: UnaryHandler<
    ReturnType<Methods[Name]["requestDeserialize"]>,
    ReturnType<Methods[Name]["responseDeserialize"]>
  >;
};

/** Full name of the service. */
export const QUOTA_SERVICE_NAME = "license.v1.QuotaService";

/** The handlers over a store. All of them need the database. */
export function createQuotaHandlers(sources: QuotaContext & ListUsageSources): QuotaHandlers {
  return {
    reportUsage: withDatabase(sources, createReportUsage(sources)),
    reserveQuota: withDatabase(sources, createReserveQuota(sources)),
    commitReservation: withDatabase(sources, createCommitReservation(sources)),
    releaseReservation: withDatabase(sources, createReleaseReservation(sources)),
    listUsage: withDatabase(sources, createListUsage(sources)),
  };
}

function withDatabase<Request, Response>(
  { hub }: QuotaContext,
  handler: UnaryHandler<Request, Response>,
): UnaryHandler<Request, Response> {
  return (request, context) => {
    requireDatabase(hub);
    return handler(request, context);
  };
}

/** Adds `license.v1.QuotaService` to a server. */
export function addQuotaService(server: Server, handlers: QuotaHandlers): void {
  const implementation: Record<keyof Methods, UntypedServiceImplementation[string]> = {
    reportUsage: adaptUnary(handlers.reportUsage),
    reserveQuota: adaptUnary(handlers.reserveQuota),
    commitReservation: adaptUnary(handlers.commitReservation),
    releaseReservation: adaptUnary(handlers.releaseReservation),
    listUsage: adaptUnary(handlers.listUsage),
  };
  server.addService(serverDefinition(QuotaServiceService, []), implementation);
}
