/** What the agent of a node knows of its ports. Times are milliseconds of a clock that nobody sets, as `performance.now`. */
import type { DeviceProblem, UnavailableReason } from "../../domain/usb/sights.ts";
import type { PackageReading } from "../../license-file/read-package.ts";

/** A key that could be read. */
export interface ReadKey {
  readonly keyId: string;
  /** RFC 7638 thumbprint of its public key; empty: it has none. */
  readonly thumbprint: string;
  readonly model: string;
  /** The licenses on it, verified; no files and no refusals: there is nothing on it. */
  readonly reading: PackageReading;
}

/** A device that looks like a key and is plugged in. */
export interface SeenDevice {
  /** As the bus names this stay of the device. */
  readonly id: string;
  readonly port: string;
  /** `undefined`: it could not be read yet. */
  readonly key: ReadKey | undefined;
  /** The first completed scan of this stay that found it, and could read it if it can be read. */
  readonly arrivedMs: number;
  /** The last completed scan that found it. */
  readonly seenMs: number;
  /** The last presence proof that held, or where the product asks for none, the last look; `undefined`: none did. */
  readonly provedMs: number | undefined;
  /** It was read, and its latest presence proof held, or the product asks for none. */
  readonly isProven: boolean;
  /** `undefined`: it keeps no marks. */
  readonly mark: number | undefined;
  /** `undefined`: nothing is against it. */
  readonly problem: DeviceProblem | undefined;
  /** With LICENSE_REFUSED: the reason of the first refusal. */
  readonly licenseReason: string | undefined;
}

/** What the agent knows now. */
export interface AgentReport {
  /** Why no keys are read, for a program and for people; `undefined`: they are. */
  readonly unavailable: { readonly reason: UnavailableReason; readonly message: string } | undefined;
  /**
   * The last completed scan; `undefined`: there was none yet. The first is complete once the ports have settled
   * or a key has proven itself, and every device was read or cannot be; at the latest after ten seconds.
   */
  readonly scannedMs: number | undefined;
  /** Every device that looks like a key, in no order. */
  readonly devices: readonly SeenDevice[];
  /**
   * Keys that were pulled within the last minute, or gave way to another key in the same stay (then PROOF_FAILED),
   * as they were last: so that their last sight is known to whoever asks but now and then. Where the host told of
   * the pulling, that is their last sight. A key that came back is in {@link devices} too, and may be here more
   * than once. The earliest gone first; at most 64.
   */
  readonly gone: readonly SeenDevice[];
}

/** The part of the agent that the rest of the server works with. */
export interface KeyAgent {
  report(): AgentReport;
  /** Calls back after the report has changed in more than times, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** Looks at every port now, proofs included; resolves once that look is complete, or known to be impossible, or after 4 s. Never rejects. */
  scan(): Promise<void>;
  /** Raises the mark of this platform on a key. Never rejects: a key that cannot keep it is logged. */
  raiseMark(keyId: string, mark: number): Promise<void>;
  /** Ends everything that it began. */
  close(): Promise<void>;
}
