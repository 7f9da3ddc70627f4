import type { Revision, WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import type { RpcStream } from "../../helpers/rpc-stream.ts";

/** What a watch has shown so far. */
export interface Follower {
  /** The latest revision that it showed; (0, 0) before the first. */
  latest(): Revision;
  /** Whether a message ever showed an older revision than one before it. */
  wentBack(): boolean;
  /** Resolves once the watch has shown a revision at least as new; false: not within the time. */
  reaches(wanted: Revision, withinMs: number): Promise<boolean>;
}

/** Reads a watch to its end and keeps note of revisions. */
export function follow(stream: RpcStream<WatchLicenseCapabilitiesResponse>): Follower {
  let latest: Revision = { storeId: "", epoch: 0n, revision: 0n };
  let hasGoneBack = false;
  const waiting = new Set<() => void>();
  const read = async () => {
    for (;;) {
      const { snapshot, heartbeat } = await stream.next();
      const shown = snapshot?.revision ?? heartbeat?.revision;
      if (shown === undefined) continue;
      if (!isAtLeast(shown, latest)) hasGoneBack = true;
      latest = shown;
      for (const wake of waiting) wake();
    }
  };
  // It reads until the stream is cancelled; what is never awaited keeps no process.
  void read();
  return {
    latest: () => latest,
    wentBack: () => hasGoneBack,
    reaches: (wanted, withinMs) =>
      new Promise((resolve) => {
        const finish = (isReached: boolean) => {
          waiting.delete(look);
          clearTimeout(timer);
          resolve(isReached);
        };
        const look = () => {
          if (isAtLeast(latest, wanted)) finish(true);
        };
        const timer = setTimeout(() => finish(false), withinMs);
        waiting.add(look);
        look();
      }),
  };
}

/** Revisions of one store are ordered by (epoch, revision). */
export function isAtLeast(one: Revision, other: Revision): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.revision >= other.revision);
}

/** "epoch/revision". */
export function revisionText({ epoch, revision }: Revision): string {
  return `${epoch}/${revision}`;
}
