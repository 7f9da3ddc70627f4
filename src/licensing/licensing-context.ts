import type { Clock } from "../clock.ts";
import type { Instant } from "../domain/license.ts";
import type { PackageLimits } from "../license-file/package-limits.ts";
import type { TrustStore } from "../license-file/trust-store.ts";
import type { ExpectedPlatform } from "../license-file/verify-license.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { type LicenseState, readLicenseState, type StateContext } from "../snapshot/license-state.ts";
import { requireDatabase } from "../snapshot/require-database.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { Store } from "../store/store.ts";
import type { StoreTransaction, Written } from "../store/write.ts";

/** What changes to the installed licenses are made with. Fixed for the life of the process. */
export interface LicensingContext {
  readonly store: Pick<Store, "write" | "readUsb">;
  readonly hub: SnapshotHub;
  readonly clock: Clock;
  readonly state: StateContext;
  readonly trust: TrustStore;
  readonly expected: ExpectedPlatform;
  /** Signs upload sequences (EV-8). */
  readonly platformKey: PlatformKey;
  /** This node. */
  readonly nodeId: string;
  /** Caps on what a package may be. */
  readonly limits: Partial<PackageLimits>;
}

/** What a change looks at: nobody else writes while it does. */
export interface Locked {
  readonly tx: StoreTransaction;
  readonly state: LicenseState;
  readonly at: Instant;
}

/**
 * Runs `work` on the verified state of now, alone in the store; what it changed is in this node's
 * answers when the promise resolves.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE; what `work` throws
 */
export async function changeLicenses<T>(
  { store, hub, clock, state: context }: LicensingContext,
  work: (locked: Locked) => Promise<T>,
): Promise<Written<T>> {
  requireDatabase(hub);
  const written = await store.write(async (tx) => {
    const state = await readLicenseState(context, await tx.state());
    return { result: await work({ tx, state, at: clock.now() }), before: tx.revision };
  });
  const isChanged = written.revision.revision !== written.result.before.revision;
  // Committed is committed: a hub that cannot read it yet says so by `stale_since`, and catches up.
  if (isChanged) await hub.catchUp(written.revision).catch(() => undefined);
  return { result: written.result.result, revision: written.revision };
}
