import { ROLES, type Role } from "../store/types.ts";

/**
 * Who may call an RPC: the roles; "identity": any known token; "open": anybody.
 */
export type Access = "open" | "identity" | readonly Role[];

const EVERY_ROLE = ROLES;
const PEOPLE = ["admin", "viewer"] as const;
const ADMIN = ["admin"] as const;
const REPORTERS = ["admin", "service"] as const;

/**
 * The roles that may call each RPC of the contract, by full name. A test compares it with the
 * contract in both directions (threat 2).
 */
export const RPC_ROLES: Readonly<Record<string, readonly Role[]>> = {
  "/license.v1.LicenseService/GetLicenseInfo": PEOPLE,
  "/license.v1.LicenseService/GetLicenseRecords": PEOPLE,
  "/license.v1.LicenseService/GetLicenseCapabilities": EVERY_ROLE,
  "/license.v1.LicenseService/WatchLicenseCapabilities": EVERY_ROLE,
  "/license.v1.LicenseService/ExplainCapability": EVERY_ROLE,
  "/license.v1.LicenseService/UploadLicense": ADMIN,
  "/license.v1.LicenseService/DeleteLicense": ADMIN,
  "/license.v1.LicenseService/ReloadLicense": ADMIN,
  "/license.v1.LicenseService/GetRequestCode": PEOPLE,
  "/license.v1.LicenseService/ListUsbKeys": PEOPLE,
  "/license.v1.LicenseService/ListCapabilityChanges": PEOPLE,
  "/license.v1.LicenseService/PutOffReminder": ADMIN,
  "/license.v1.LicenseService/PlanLicenses": PEOPLE,
  "/license.v1.QuotaService/ReportUsage": REPORTERS,
  "/license.v1.QuotaService/ReserveQuota": REPORTERS,
  "/license.v1.QuotaService/CommitReservation": REPORTERS,
  "/license.v1.QuotaService/ReleaseReservation": REPORTERS,
  "/license.v1.QuotaService/ListUsage": EVERY_ROLE,
  "/license.v1.TokenService/CreateToken": ADMIN,
  "/license.v1.TokenService/ListTokens": ADMIN,
  "/license.v1.TokenService/RevokeToken": ADMIN,
};

const HEALTH = ["Check", "List", "Watch"].map((rpc) => `/grpc.health.v1.Health/${rpc}`);
const REFLECTION = ["v1", "v1alpha"].map(
  (version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
);

/** How reflection is served. */
export type ReflectionMode = "open" | "identity" | "off";

/**
 * Who may call what, by path. A path that is not in it is no RPC of this server.
 *
 * @param reflection open to anybody, to any known token, or not there.
 */
export function accessTable(reflection: ReflectionMode): ReadonlyMap<string, Access> {
  return new Map<string, Access>([
    ...Object.entries(RPC_ROLES),
    ...HEALTH.map((path) => [path, "open"] as const),
    ...(reflection === "off" ? [] : REFLECTION.map((path) => [path, reflection] as const)),
  ]);
}

/**
 * Paths whose good answers are logged at debug: the busiest read, and what tools ask by the second. A
 * line for each at info would drown the rest.
 */
export const QUIET_PATHS: ReadonlySet<string> = new Set([
  "/license.v1.LicenseService/GetLicenseCapabilities",
  ...HEALTH,
  ...REFLECTION,
]);
