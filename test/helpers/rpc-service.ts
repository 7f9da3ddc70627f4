/** A whole license service in this process, on a database of its own, with its client and its test vendor. */
import { copyFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { LicenseServiceService } from "@license-service/contract";
import { type Logger, pino } from "pino";
import { type Clock, createClock } from "../../src/clock.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { type Authority, openAuthority } from "../../src/license-file/authority.ts";
import { issueLicense, type LicenseRequest } from "../../src/license-file/issue-license.ts";
import { TEST_VENDOR_DIRECTORY } from "../../src/license-file/test-vendor.ts";
import { parseRequestCode } from "../../src/platform/request-code.ts";
import { type RunningService, startService } from "../../src/start/start-service.ts";
import { withClient } from "../../src/store/embedded/connection.ts";
import { makeTestDataDirectory } from "./data-directory.ts";
import { createTestDatabase } from "./database.ts";
import { readRpcError } from "./rpc-error.ts";
import { RpcStream } from "./rpc-stream.ts";

type Methods = typeof LicenseServiceService;
type UnaryName = Exclude<keyof Methods, "watchLicenseCapabilities">;
type RequestOf<Name extends keyof Methods> = ReturnType<Methods[Name]["requestDeserialize"]>;
type ResponseOf<Name extends keyof Methods> = ReturnType<Methods[Name]["responseDeserialize"]>;
type WatchResponse = ResponseOf<"watchLicenseCapabilities">;

/** Whatever a test calls at its end: AVA's `t.teardown`. */
export interface Teardown {
  teardown(work: () => void | Promise<void>): void;
}

/** How to start a {@link RpcService}. */
export interface RpcServiceOptions {
  /** Default: development mode, so that the test vendor is believed. */
  readonly isDevelopment?: boolean;
  /** Milliseconds between heartbeats. Default: 10,000. */
  readonly heartbeatMs?: number;
  /** Most bytes of a package. Default: 1 MiB. */
  readonly packageMaxBytes?: number;
  /** Milliseconds between polls. Default: 1,000. */
  readonly pollMs?: number;
  /** How far the service's clock is ahead of this machine's, in milliseconds. Default: 0. */
  readonly clockAheadMs?: number;
  /** Instant at which the service's clock stands until it is moved. Default: it goes with this machine's. */
  readonly clockStandsAt?: number;
  /** Default: one that keeps nothing. */
  readonly log?: Logger;
  /** Further settings, by variable. Default: none. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The service becomes a further node of this one's platform: same database, key, vendor, admin and clock. */
  readonly beside?: RpcService;
  /** Where a service was that has ended: its data directory, its database or both. Default: new ones. */
  readonly place?: Partial<RpcService["place"]>;
  /** Makes the URL by which the service reaches its database. Default: the database's own. */
  readonly route?: (databaseUrl: string) => Promise<string>;
}

/** A service that a test calls as its admin. */
export interface RpcService {
  /** The service's own clock; `jump` moves it. */
  readonly clock: Clock & { jump(ms: number): void };
  /** Where its database and its data are. */
  readonly place: { readonly databaseUrl: string; readonly dataDirectory: string };
  /** Thumbprint of the platform. */
  readonly thumbprint: string;
  /** The vendor who is believed in development mode. */
  readonly vendor: Authority;
  readonly service: RunningService;
  /** Calls an RPC; what the request does not name has its default. Rejects with what `readRpcError` reads. */
  call<Name extends UnaryName>(name: Name, request?: Partial<RequestOf<Name>>): Promise<ResponseOf<Name>>;
  /** Opens a watch; what the request does not name has its default. */
  watch(request?: Partial<RequestOf<"watchLicenseCapabilities">>): RpcStream<WatchResponse>;
  /** Issues a license: base enterprise, paid, 64 CPUs, from an hour ago for a year, unless claims say otherwise. */
  issue(claims?: IssueClaims): Promise<string>;
  /** Issues and uploads. */
  install(claims?: IssueClaims): Promise<ResponseOf<"uploadLicense">>;
  /** Reads or edits rows behind the service's back. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Every row of the tables that a change of licenses touches, as text: equal texts, nothing written. */
  dump(): Promise<string>;
}

/** Claims to override; `undefined` takes one away. */
export type IssueClaims = { readonly [Name in keyof LicenseRequest]?: LicenseRequest[Name] | undefined };

/** Starts a service; everything is ended by the test's teardown. */
export async function startRpcService(t: Teardown, options: RpcServiceOptions = {}): Promise<RpcService> {
  const { beside } = options;
  const databaseUrl = (beside?.place ?? options.place)?.databaseUrl ?? (await makeDatabase(t));
  const data = { path: options.place?.dataDirectory ?? (await makeDataDirectory(t)) };
  if (beside !== undefined) await copyPlatform(beside.place.dataDirectory, data.path);
  const clock = beside?.clock ?? createMovableClock(options.clockStandsAt);
  clock.jump(options.clockAheadMs ?? 0);
  const url = options.route === undefined ? databaseUrl : await options.route(databaseUrl);
  const config = configFor(url, data.path, options);
  const service = await startService(config, { log: options.log ?? pino({ level: "silent" }), clock });
  t.teardown(() => service.stop());
  const vendor = await openAuthority(join(data.path, TEST_VENDOR_DIRECTORY)).catch(() => undefined);
  const requestCode = await readFile(join(data.path, "request-code.txt"), "utf8");
  const thumbprint = (await parseRequestCode(requestCode))?.thumbprint ?? "";
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${(await readFile(join(data.path, "admin-token"), "utf8")).trim()}`);
  const client = new Client(service.address, credentials.createInsecure());
  t.teardown(() => client.close());
  const rpc: RpcService = {
    clock,
    place: { databaseUrl, dataDirectory: data.path },
    thumbprint,
    get vendor() {
      if (vendor === undefined) throw new Error("a service in production mode has no test vendor");
      return vendor;
    },
    service,
    call: (name, request) => callUnary(client, metadata, name, request),
    watch(request) {
      const stream = openWatch(client, metadata, request);
      t.teardown(() => stream.cancel());
      return stream;
    },
    issue: (claims) => issueHere(rpc.vendor, thumbprint, clock, claims),
    async install(claims) {
      return rpc.call("uploadLicense", { package: Buffer.from(await rpc.issue(claims)) });
    },
    query: (sql, values = []) =>
      withClient(databaseUrl, async (client) => (await client.query(sql, [...values])).rows),
    dump: () => withClient(databaseUrl, async (client) => JSON.stringify((await client.query(DUMP)).rows)),
  };
  return rpc;
}

async function makeDataDirectory(t: Teardown): Promise<string> {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  return data.path;
}

async function makeDatabase(t: Teardown): Promise<string> {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  return database.url;
}

/** What a further node of a platform is given before its first start; the test vendor and the admin token, too. */
async function copyPlatform(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const name of ["platform-key.pem", "admin-token"]) await copyFile(join(from, name), join(to, name));
  await cp(join(from, TEST_VENDOR_DIRECTORY), join(to, TEST_VENDOR_DIRECTORY), { recursive: true });
}

const DUMP = `
  select 'store' as of, to_jsonb(s) - 'token_revision' as row from store s
  union all (select 'licenses', to_jsonb(l) from licenses l order by l.id)
  union all (select 'records', to_jsonb(r) from license_records r order by r.id)
  union all (select 'reacquisitions', to_jsonb(q) from reacquisitions q order by q.id)
  union all select 'total', to_jsonb(n) from license_record_total n`;

function configFor(databaseUrl: string, dataDirectory: string, options: RpcServiceOptions): Config {
  const {
    isDevelopment = true,
    heartbeatMs = 10_000,
    packageMaxBytes = 1024 * 1024,
    pollMs = 1_000,
  } = options;
  const environment = {
    DATABASE_URL: databaseUrl,
    LICENSE_DATA_DIR: dataDirectory,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_HEARTBEAT_MS: String(heartbeatMs),
    LICENSE_PACKAGE_MAX_BYTES: String(packageMaxBytes),
    LICENSE_REVISION_POLL_MS: String(pollMs),
    LICENSE_PLAINTEXT: "on",
    LICENSE_METRICS_LISTEN: "off",
    ...options.settings,
  };
  const machine = { hostName: "test", isTerminal: false, workingDirectory: "/" };
  const command = loadConfig(environment, isDevelopment ? ["--development"] : [], machine);
  if (command.kind !== "run") throw new Error("these settings start nothing");
  return command.config;
}

function createMovableClock(standsAt: number | undefined): RpcService["clock"] {
  let movedMs = 0;
  const { now } = createClock(() => (standsAt ?? Date.now()) + movedMs);
  return {
    now,
    jump(ms) {
      movedMs += ms;
    },
  };
}

function issueHere(
  vendor: Authority,
  thumbprint: string,
  clock: Clock,
  claims: IssueClaims = {},
): Promise<string> {
  const seconds = Math.floor(clock.now() / 1000);
  const isBase = (claims.item ?? "base") === "base";
  const request = {
    iat: seconds - 3_600,
    exp: seconds + 365 * 86_400,
    sub: `request:${thumbprint}`,
    profile: "zstack-cloud",
    item: "base",
    ...(isBase ? { edition: "enterprise", quotas: { cpus: 64 } } : {}),
    term: "paid" as const,
    customer: "Example Customer",
    ...claims,
  };
  const stated = Object.entries(request).filter(([, value]) => value !== undefined);
  return issueLicense(vendor, Object.fromEntries(stated) as LicenseRequest, clock.now());
}

function callUnary<Name extends UnaryName>(
  client: Client,
  metadata: Metadata,
  name: Name,
  request: Partial<RequestOf<Name>> = {},
): Promise<ResponseOf<Name>> {
  const method = LicenseServiceService[name];
  const defaults = method.requestDeserialize(Buffer.alloc(0));
  const bytes = method.requestSerialize({ ...defaults, ...request } as never);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      () => bytes,
      (answer: Buffer) => method.responseDeserialize(answer) as ResponseOf<Name>,
      request,
      metadata,
      { deadline: Date.now() + 20_000 },
      (error, response) => (response === undefined ? reject(readRpcError(error)) : resolve(response)),
    );
  });
}

function openWatch(
  client: Client,
  metadata: Metadata,
  request: Partial<RequestOf<"watchLicenseCapabilities">> = {},
): RpcStream<WatchResponse> {
  const { path, requestSerialize, responseDeserialize } = LicenseServiceService.watchLicenseCapabilities;
  const bytes = requestSerialize({ includeUsage: false, ...request });
  return new RpcStream(client.makeServerStreamRequest(path, () => bytes, responseDeserialize, {}, metadata));
}
