/** Calls of license.v1.QuotaService, as a client of the contract makes them. */
import { QuotaServiceService } from "@license-service/contract";
import type { Teardown } from "./rpc-service.ts";
import { createServiceCall, type ServiceCall } from "./service-calls.ts";

export type QuotaCall = ServiceCall<typeof QuotaServiceService>;

/** A client of the service at an address, by a token unless a call names another. */
export function createQuotaCall(t: Teardown, address: string, usualToken: string): QuotaCall {
  return createServiceCall(t, QuotaServiceService, address, usualToken);
}
