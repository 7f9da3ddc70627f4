import type { Server, UntypedServiceImplementation } from "@grpc/grpc-js";
import { TokenServiceService } from "@license-service/contract";
import { requireDatabase } from "../snapshot/require-database.ts";
import { adaptUnary } from "./adapters.ts";
import { createCreateToken } from "./create-token.ts";
import type { UnaryHandler } from "./handler.ts";
import { createListTokens } from "./list-tokens.ts";
import { createRevokeToken } from "./revoke-token.ts";
import { serverDefinition } from "./service-definition.ts";
import type { TokenSources } from "./token-sources.ts";

type Methods = typeof TokenServiceService;

/** A handler for every RPC of `license.v1.TokenService`. */
export type TokenHandlers = {
  readonly [Name in keyof Methods]: UnaryHandler<
    ReturnType<Methods[Name]["requestDeserialize"]>,
    ReturnType<Methods[Name]["responseDeserialize"]>
  >;
};

/** Full name of the service. */
export const TOKEN_SERVICE_NAME = "license.v1.TokenService";

/** The handlers over a store. All of them need the database. */
export function createTokenHandlers(sources: TokenSources): TokenHandlers {
  return {
    createToken: withDatabase(sources, createCreateToken(sources)),
    listTokens: withDatabase(sources, createListTokens(sources)),
    revokeToken: withDatabase(sources, createRevokeToken(sources)),
  };
}

function withDatabase<Request, Response>(
  { hub }: TokenSources,
  handler: UnaryHandler<Request, Response>,
): UnaryHandler<Request, Response> {
  return (request, context) => {
    requireDatabase(hub);
    return handler(request, context);
  };
}

/** Adds `license.v1.TokenService` to a server. */
export function addTokenService(server: Server, handlers: TokenHandlers): void {
  const implementation: Record<keyof Methods, UntypedServiceImplementation[string]> = {
    createToken: adaptUnary(handlers.createToken),
    listTokens: adaptUnary(handlers.listTokens),
    revokeToken: adaptUnary(handlers.revokeToken),
  };
  server.addService(serverDefinition(TokenServiceService, []), implementation);
}
