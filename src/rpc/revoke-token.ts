import type { RevokeTokenRequest, RevokeTokenResponse } from "@license-service/contract";
import type { UnaryHandler } from "./handler.ts";
import { invalidRequest } from "./messages/instants.ts";
import { toToken } from "./messages/token.ts";
import { changeOf, type TokenSources } from "./token-sources.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Revokes a token for good; on this node it holds, and its watches end, before the answer goes out. */
export function createRevokeToken({
  store,
  known,
  clock,
}: TokenSources): UnaryHandler<RevokeTokenRequest, RevokeTokenResponse> {
  return async (request, context) => {
    if (!UUID.test(request.id)) throw invalidRequest("id", "is not a UUID");
    const token = await store.revokeToken({ id: request.id, revokedAt: clock.now() });
    context.log.info(changeOf(token, context), "token revoked");
    // A caller may revoke its own token: its answer goes out all the same.
    known.forget(token.id);
    return { token: toToken(token, clock.now()) };
  };
}
