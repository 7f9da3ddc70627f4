/** Calls of license.v1.TokenService, as a client of the contract makes them. */
import { TokenServiceService } from "@license-service/contract";
import type { Teardown } from "./rpc-service.ts";
import { createServiceCall, type ServiceCall } from "./service-calls.ts";

export type TokenCall = ServiceCall<typeof TokenServiceService>;

/** A client of the service at an address, by a token unless a call names another. */
export function createTokenCall(t: Teardown, address: string, usualToken: string): TokenCall {
  return createServiceCall(t, TokenServiceService, address, usualToken);
}
