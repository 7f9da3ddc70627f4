import type { Clock } from "../clock.ts";
import type { TokenFollower } from "../identity/token-follower.ts";
import { outsideText } from "../license-file/outside-text.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { Store } from "../store/store.ts";
import type { TokenRow } from "../store/types.ts";
import type { RpcContext } from "./handler.ts";

/** What the RPCs of tokens work with. */
export interface TokenSources {
  readonly store: Pick<Store, "insertToken" | "listTokens" | "revokeToken">;
  /** The tokens by which this node knows its callers. */
  readonly known: Pick<TokenFollower, "refresh" | "forget">;
  readonly hub: Pick<SnapshotHub, "current">;
  readonly clock: Clock;
}

/** The members of the log line of a change: which token, and by whom. Never the token itself. */
export function changeOf(
  { id, name, role }: Pick<TokenRow, "id" | "name" | "role">,
  { identity }: RpcContext,
) {
  return {
    token: { id, name: outsideText(name), role },
    by: outsideText(identity.name),
    byId: identity.id,
  };
}
