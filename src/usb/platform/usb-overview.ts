/** What a node knows of the USB ports of every node. */
import type { Instant } from "../../domain/license.ts";
import type { NodeSight, UnavailableReason } from "../../domain/usb/sights.ts";

/** The USB ports of the platform, as this node knows them: from memory, also while the database is away. */
export interface UsbOverview {
  /** What every node said last, as far as it verifies; in no order. */
  readonly sights: readonly NodeSight[];
  /** Nodes whose heartbeat is lost (UK-BU-9): the keys in their ports are absent. */
  readonly lostNodeIds: ReadonlySet<string>;
  /**
   * When the two above were read, by the database's clock: every few seconds, and at a change. `undefined`: nothing
   * was read yet, and both are empty.
   */
  readonly readAt: Instant | undefined;
  /** This node, as it is at the moment of the question. */
  readonly own: OwnPorts;
}

/** The USB ports of the node that answers. */
export interface OwnPorts {
  readonly nodeId: string;
  /** Why it reads no keys, for a program and for people, with what to do; `undefined`: it does. */
  readonly unavailable: { readonly reason: UnavailableReason; readonly message: string } | undefined;
  /** It has completed a scan since it started. */
  readonly scanned: boolean;
  /** Milliseconds since its last completed scan. Absent: there was none. */
  readonly scanAgeMs?: number | undefined;
}

/** What became of a scan that every node was asked for. */
export type ScanOutcome = "DONE" | "UNAVAILABLE" | "NO_ANSWER" | "AWAY";

/** What became of it on one node. */
export interface NodeScan {
  readonly nodeId: string;
  readonly outcome: ScanOutcome;
  /** Keys that it sees, counting or not. */
  readonly keyCount: number;
}

/** Where the RPCs know of USB keys from. */
export interface UsbPorts {
  overview(): UsbOverview;
  /**
   * Has every node look at its ports, waits at most 5 s for them, and takes into account what they see.
   *
   * @returns every node of the platform, in no order.
   * @throws ServiceError DATABASE_UNAVAILABLE.
   */
  scanEverywhere(): Promise<readonly NodeScan[]>;
}
