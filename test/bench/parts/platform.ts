/** A platform to measure on: a database, a data directory, servers, and licenses of its test vendor. */
import { copyFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openAuthority } from "../../../src/license-file/authority.ts";
import { issueLicense, type LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { TEST_VENDOR_DIRECTORY } from "../../../src/license-file/test-vendor.ts";
import { parseRequestCode } from "../../../src/platform/request-code.ts";
import { ensureDatabase, MAINTENANCE_DATABASE } from "../../../src/store/embedded/connection.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { DURABLE, FORGETFUL, startTemporaryCluster } from "../../helpers/temporary-cluster.ts";

/** A server process that serves. */
export interface BenchServer {
  readonly pid: number;
  /** "host:port". */
  readonly address: string;
  readonly adminToken: string;
  /** Sends the signal to this process alone and waits for its end. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Where a server keeps its things. */
export interface BenchPlace {
  /** `undefined`: a PostgreSQL of the server's own. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
}

/** Settings by variable. */
export type Settings = Readonly<Record<string, string>>;

const SETTINGS: Settings = {
  LICENSE_LISTEN: "127.0.0.1:0",
  LICENSE_PLAINTEXT: "on",
  LICENSE_REFLECTION: "off",
  LICENSE_LOG_LEVEL: "info",
  LICENSE_LOG_FORMAT: "json",
  LICENSE_METRICS_LISTEN: "off",
};

/** How a platform is made. */
export interface PlatformOptions {
  /** Writes go through to the disk, as in production. Default: false. */
  readonly isDurable?: boolean;
}

/** A new, empty platform on a cluster of its own; it goes with the bench. */
export async function makePlace(
  t: Teardown,
  { isDurable = false }: PlatformOptions = {},
): Promise<BenchPlace & { readonly databaseUrl: string }> {
  const cluster = await startTemporaryCluster(isDurable ? DURABLE : FORGETFUL);
  t.teardown(() => cluster.remove());
  await ensureDatabase(cluster.url(MAINTENANCE_DATABASE), "bench");
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  return { databaseUrl: cluster.url("bench"), dataDirectory: data.path };
}

/** A further node of the same platform, with a data directory of its own. */
export async function makeSecondNode(
  t: Teardown,
  place: BenchPlace,
  databaseUrl: string | undefined,
): Promise<BenchPlace> {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  await mkdir(data.path, { mode: 0o700 });
  for (const name of ["platform-key.pem", "admin-token"]) {
    await copyFile(join(place.dataDirectory, name), join(data.path, name));
  }
  await cp(join(place.dataDirectory, TEST_VENDOR_DIRECTORY), join(data.path, TEST_VENDOR_DIRECTORY), {
    recursive: true,
  });
  return { databaseUrl, dataDirectory: data.path };
}

/**
 * Starts a server as production would, but for development mode, which is there for its test vendor alone;
 * resolves once it serves.
 */
export async function startServer(
  t: Teardown,
  place: BenchPlace,
  settings: Settings = {},
): Promise<BenchServer> {
  const database = place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl };
  const env = { ...SETTINGS, ...database, LICENSE_DATA_DIR: place.dataDirectory, ...settings };
  const server = startProcess(t, env, ["--development"]);
  const address = await server.address;
  const adminToken = (await readFile(join(place.dataDirectory, "admin-token"), "utf8")).trim();
  return {
    pid: server.child.pid ?? 0,
    address,
    adminToken,
    async end(signal) {
      server.child.kill(signal);
      await server.end;
    },
  };
}

/** Issues a paid license of the place's test vendor for the place's platform, from an hour ago for a year. */
export type Issue = (claims: Partial<LicenseRequest>) => Promise<string>;

/** The place's test vendor; the place has been started before. */
export async function issuerAt({ dataDirectory }: BenchPlace): Promise<Issue> {
  const vendor = await openAuthority(join(dataDirectory, TEST_VENDOR_DIRECTORY));
  const request = await parseRequestCode(await readFile(join(dataDirectory, "request-code.txt"), "utf8"));
  const seconds = Math.floor(Date.now() / 1000);
  const common = {
    iat: seconds - 3_600,
    exp: seconds + 365 * 86_400,
    sub: `request:${request?.thumbprint}`,
    profile: "zstack-cloud",
    item: "base",
    term: "paid",
    customer: "Example Customer",
  } as const;
  return (claims) => issueLicense(vendor, { ...common, ...claims }, Date.now());
}

/** Claims of a base license that has everything that needs a base. */
export const BASE: Partial<LicenseRequest> = { item: "base", edition: "enterprise", quotas: { cpus: 64 } };
