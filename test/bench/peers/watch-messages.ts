/** What a bench and the processes of its watches tell each other. */

/** To the load, once: what to open. */
export interface OpenWatches {
  /** "host:port". */
  readonly address: string;
  readonly token: string;
  readonly connections: number;
  /** Watches in all, spread evenly. */
  readonly watches: number;
  /** Whether they read; those who do not give the server no window to send in. */
  readonly isReading: boolean;
}

/** From the load: every watch is open, and those who read have a first snapshot. */
export interface WatchesOpened {
  readonly kind: "opened";
}

/** From the load: every watch that reads has this revision; instants of {@link sharedMs}, one a watch. */
export interface RevisionArrived {
  readonly kind: "arrived";
  readonly revision: string;
  readonly atMs: readonly number[];
}

/** From the load: a watch ended, which it must not. */
export interface WatchLost {
  readonly kind: "lost";
  readonly why: string;
}

export type WatchReport = WatchesOpened | RevisionArrived | WatchLost;

/** To the peer of the server of watches: send this to every watch, now and to those that come. */
export interface PushOrder {
  /** A WatchLicenseCapabilitiesResponse with a snapshot, base64. */
  readonly message: string;
}

/** From that peer: "listening", or all watches were written to. */
export type PushReport = { readonly kind: "listening"; readonly port: number } | { readonly kind: "pushed" };
