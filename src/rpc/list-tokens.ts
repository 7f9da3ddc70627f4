import type { ListTokensRequest, ListTokensResponse } from "@license-service/contract";
import type { UnaryHandler } from "./handler.ts";
import { toToken } from "./messages/token.ts";
import type { TokenSources } from "./token-sources.ts";

/** Answers the tokens that are not revoked, as the store has them now. */
export function createListTokens({
  store,
  clock,
}: Pick<TokenSources, "store" | "clock">): UnaryHandler<ListTokensRequest, ListTokensResponse> {
  return async () => {
    const rows = await store.listTokens();
    const now = clock.now();
    return { tokens: rows.map((row) => toToken(row, now)) };
  };
}
