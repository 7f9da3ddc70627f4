/** What the store keeps, as it keeps it: signed bytes and signed rows, believed only once verified. */
import type { Instant } from "../domain/license.ts";
import type { PutOff } from "../domain/put-off.ts";

/** One committed state of the store, ordered by (epoch, revision) within one store. */
export interface Revision {
  /** UUID born with the database. */
  readonly storeId: string;
  readonly epoch: bigint;
  readonly revision: bigint;
}

/** A revision with the id of its committed state, which tells apart two pasts that count alike. */
export interface RevisionMark extends Revision {
  /** UUID made with the state. */
  readonly id: string;
}

/** A restore of the database that a node noticed. */
export interface Restore {
  /** Epoch that it was answered with. */
  readonly epoch: bigint;
  /** By the database's clock. */
  readonly raisedAt: Instant;
  readonly found: { readonly epoch: bigint; readonly revision: bigint };
  readonly seen: { readonly epoch: bigint; readonly revision: bigint };
}

/** The one row of the platform. */
export interface PlatformRow {
  /** RFC 7638 thumbprint of the platform's public key. */
  readonly thumbprint: string;
  /** The public key, JWK member `x` (Ed25519). */
  readonly publicKey: string;
  readonly profile: string;
  readonly firstStartAt: Instant;
  /** Signed row (EV-8): compact JWS over the first start. */
  readonly firstStartJws: string;
  /** Node that made the platform: the primary one (ZV-RE-1). */
  readonly primaryNodeId: string;
}

/** An installed license as its row tells it. Only `signedBytes` and `sequenceJws` carry rights. */
export interface StoredLicense {
  readonly id: string;
  /** The license exactly as it was uploaded: a compact JWS. */
  readonly signedBytes: string;
  readonly uploadSequence: number;
  /** Signed row (EV-8): compact JWS over id, upload sequence and revision. */
  readonly sequenceJws: string;
  readonly uploadedAt: Instant;
  readonly uploadedByNodeId: string;
}

/** A re-acquisition of the licenses (US-TE-6). Only `rowJws` carries rights. */
export interface StoredReacquisition {
  readonly id: string;
  readonly reacquiredAt: Instant;
  /** The revision that its own write made. */
  readonly revision: bigint;
  /** Signed row (EV-8): compact JWS over instant and revision. */
  readonly rowJws: string;
}

/** What is in use by now, ended leases left out. Usage is outside the signing promise (EV-8). */
export interface StoredUsage {
  /** Counts changes of usage, apart from those of licenses. */
  readonly revision: bigint;
  /** By meter key, before use moves to another meter. A meter that is not there: 0. */
  readonly totals: ReadonlyMap<string, bigint>;
}

/** Nothing is in use, as far as anybody knows. */
export const NO_USAGE: StoredUsage = { revision: 0n, totals: new Map() };

/** Everything that an evaluation is made from, read in one snapshot of the database. */
export interface StoredState {
  readonly revision: Revision;
  /** See {@link RevisionMark}. */
  readonly revisionId: string;
  readonly platform: PlatformRow;
  /** Ascending by upload sequence. */
  readonly licenses: readonly StoredLicense[];
  /** Ascending by instant. */
  readonly reacquisitions: readonly StoredReacquisition[];
  /** Restores of the last 30 days, the latest first. */
  readonly restores: readonly Restore[];
  /** By kind and subject; those whose day is over may be among them. */
  readonly putOffs: readonly PutOff[];
  readonly usage: StoredUsage;
  /**
   * The signed state of the USB keys (EV-8); `undefined`: somebody took it away, for a node makes it before it
   * serves; `null`: the rows were kept by a program that knew no keys. The database never answers `null`.
   */
  readonly usbState: string | null | undefined;
}

/** How a license left (ZV-RE-1); `installed` while it has not. */
export type RecordDisposition = "installed" | "deleted" | "uninstalled" | "revoked" | "replaced";

/** One line of the authorization history. */
export interface LicenseRecordRow {
  readonly id: string;
  readonly licenseId: string;
  readonly item: string;
  readonly edition: string | undefined;
  readonly term: string;
  readonly method: "request-code" | "usb-key";
  readonly disposition: RecordDisposition;
  readonly issuedAt: Instant;
  readonly startsAt: Instant;
  readonly endsAt: Instant | undefined;
  readonly uploadedAt: Instant;
  readonly uploadSequence: number;
  readonly customer: string;
  readonly productName: string;
  readonly contractNumber: string;
  readonly quotas: ReadonlyMap<string, bigint>;
  readonly nodeId: string;
}

/** The roles of callers. */
export const ROLES = ["admin", "viewer", "service"] as const;
export type Role = (typeof ROLES)[number];

/** A token as the store knows it: never the token itself. */
export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, lower-case hex. */
  readonly sha256: string;
  readonly createdAt: Instant;
  /** `undefined`: does not expire. */
  readonly expiresAt: Instant | undefined;
  readonly revokedAt: Instant | undefined;
}
