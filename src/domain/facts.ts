import type { Instant } from "./license.ts";

/** What the platform knows of itself beside its licenses (EV-1). */
export interface PlatformFacts {
  /** First start of the platform; `undefined`: its signed row does not verify, so that every trial counts as over (EV-8). */
  readonly firstStartAt: Instant | undefined;
  /** Product version as configured; `undefined`: not known. */
  readonly productVersion: string | undefined;
}
