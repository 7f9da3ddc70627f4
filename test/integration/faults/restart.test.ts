import { copyFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { credentials, Metadata } from "@grpc/grpc-js";
import {
  CapabilityReason,
  CapabilityState,
  type GetLicenseInfoResponse,
  type GetLicenseRecordsResponse,
  LicenseServiceClient,
  type UploadLicenseResponse,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { type Authority, openAuthority } from "../../../src/license-file/authority.ts";
import { issueLicense, type LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { licenseIdOf } from "../../../src/license-file/license-of-claims.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { parseRequestCode } from "../../../src/platform/request-code.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import { type ServerPlace, type ServerProcess, startServerProcess } from "../../helpers/server-process.ts";

/** Calls one server as its admin. */
interface Admin {
  upload(bytes: Uint8Array): Promise<UploadLicenseResponse>;
  info(): Promise<GetLicenseInfoResponse>;
  records(start: number): Promise<GetLicenseRecordsResponse>;
  watch(): RpcStream<WatchLicenseCapabilitiesResponse>;
}

async function makePlace(t: ExecutionContext): Promise<ServerPlace> {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  return { databaseUrl: database.url, dataDirectory: data.path };
}

function adminOf(t: ExecutionContext, { address, adminToken }: ServerProcess): Admin {
  const client = new LicenseServiceClient(address, credentials.createInsecure());
  t.teardown(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${adminToken}`);
  const answered = <T>(call: (done: (error: Error | null, answer: T) => void) => void) =>
    new Promise<T>((resolve, reject) => {
      call((error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
  return {
    upload: (bytes) =>
      answered((done) =>
        client.uploadLicense({ package: Buffer.from(bytes), validateOnly: false }, metadata, done),
      ),
    info: () => answered((done) => client.getLicenseInfo({}, metadata, done)),
    records: (start) => {
      const request = {
        limit: 100,
        start,
        replyWithCount: true,
        count: false,
        sortBy: 0,
        sortDirection: 0,
        pageToken: "",
      } as const;
      return answered((done) => client.getLicenseRecords(request, metadata, done));
    },
    watch() {
      const stream = new RpcStream(client.watchLicenseCapabilities({ includeUsage: false }, metadata));
      t.teardown(() => stream.cancel());
      return stream;
    },
  };
}

/** Issues licenses of the place's test vendor for the place's platform. */
async function issuerAt({
  dataDirectory,
}: ServerPlace): Promise<(claims: Partial<LicenseRequest>) => Promise<string>> {
  const vendor: Authority = await openAuthority(join(dataDirectory, "test-vendor"));
  const request = await parseRequestCode(await readFile(join(dataDirectory, "request-code.txt"), "utf8"));
  const now = Date.now();
  const common = {
    iat: Math.floor(now / 1000) - 60,
    sub: `request:${request?.thumbprint}`,
    profile: "zstack-cloud",
    term: "paid",
    customer: "Example",
  } as const;
  return (claims) => issueLicense(vendor, { ...common, item: "base", ...claims }, now);
}

const BASE = { item: "base", edition: "standard", quotas: { cpus: 8 } } as const;

test("a killed server has kept every upload that it acknowledged, and none by half", async (t) => {
  const place = await makePlace(t);
  const first = await startServerProcess(t, place);
  const issue = await issuerAt(place);
  const admin = adminOf(t, first);
  await admin.upload(Buffer.from(await issue(BASE)));
  const pairs = await Promise.all(
    Array.from({ length: 200 }, () => Promise.all([issue({ item: "gpu" }), issue({ item: "cdp" })])),
  );

  const acknowledged = new Set<number>();
  let refused = 0;
  const queue = pairs.entries();
  const uploadAll = async () => {
    for (const [index, pair] of queue) {
      const files = pair.map((signedBytes, place) => ({ fileName: `${place}.lic`, signedBytes }));
      try {
        await admin.upload(await packLicenses(files));
      } catch {
        refused += 1;
        continue;
      }
      acknowledged.add(index);
      if (acknowledged.size === 60) void first.end("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: 8 }, uploadAll));
  t.true(acknowledged.size >= 60 && refused > 0, `${acknowledged.size} acknowledged, ${refused} refused`);
  await first.end("SIGKILL");

  const again = adminOf(t, await startServerProcess(t, place));
  const { license, additions } = await again.info();
  const installed = new Set([license, ...additions].map((one) => one?.id));
  for (const [index, pair] of pairs.entries()) {
    const present = pair.filter((signedBytes) => installed.has(licenseIdOf(signedBytes))).length;
    t.true(
      present === 2 || (present === 0 && !acknowledged.has(index)),
      `pair ${index}: ${present} of 2 installed`,
    );
  }
  const recorded = new Set<string>();
  for (let page = await again.records(0); ; page = await again.records(recorded.size)) {
    for (const record of page.records) recorded.add(record.licenseId);
    t.is(page.total, BigInt(installed.size));
    if (page.records.length < 100) break;
  }
  t.deepEqual([...recorded].sort(), [...installed].map(String).sort());
});

test("EV-6, section 7: a base license ends on the second, with no request made and after a restart", async (t) => {
  const place = await makePlace(t);
  const first = await startServerProcess(t, place);
  const issue = await issuerAt(place);
  const end = Math.floor(Date.now() / 1000) + 20;
  await adminOf(t, first).upload(Buffer.from(await issue({ ...BASE, exp: end })));
  await first.end("SIGTERM");

  const stream = adminOf(t, await startServerProcess(t, place)).watch();
  const compute = ({ snapshot }: WatchLicenseCapabilitiesResponse) =>
    snapshot?.capabilities.find(({ key }) => key === "compute-advanced");
  const before = compute(await stream.next((message) => message.snapshot !== undefined));
  t.like(before, {
    state: CapabilityState.ENABLED,
    expireTime: new Date(end * 1000),
    nextState: CapabilityState.VIEW_ONLY,
  });
  const after = await stream.next((message) => message.snapshot !== undefined);
  t.like(compute(after), {
    state: CapabilityState.VIEW_ONLY,
    reason: CapabilityReason.EXPIRED,
    effectiveTime: new Date(end * 1000),
  });
});

test("ZC-AM-4: a second node needs no new authorization, and an upload on either is seen on both", async (t) => {
  const place = await makePlace(t);
  const first = adminOf(t, await startServerProcess(t, place));
  const issue = await issuerAt(place);
  await first.upload(Buffer.from(await issue(BASE)));
  const second = adminOf(t, await startSecondNode(t, place));
  t.is((await second.info()).license?.edition, "standard");

  const streams = [first.watch(), second.watch()];
  const isGranted = ({ snapshot }: WatchLicenseCapabilitiesResponse, key: string) =>
    snapshot?.capabilities.find((capability) => capability.key === key)?.state === CapabilityState.ENABLED;
  await second.upload(Buffer.from(await issue({ item: "gpu" })));
  await Promise.all(streams.map((stream) => stream.next((message) => isGranted(message, "gpu"))));
  await first.upload(Buffer.from(await issue({ item: "cdp" })));
  await Promise.all(streams.map((stream) => stream.next((message) => isGranted(message, "cdp"))));
  const nodes = (await first.records(0)).records.map(({ managementNodeId }) => managementNodeId);
  t.is(new Set(nodes).size, 2);
});

/** A node of the same platform: the same database and the platform's key, a data directory of its own. */
async function startSecondNode(t: ExecutionContext, place: ServerPlace): Promise<ServerProcess> {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  await mkdir(data.path, { mode: 0o700 });
  for (const name of ["platform-key.pem", "admin-token"]) {
    await copyFile(join(place.dataDirectory, name), join(data.path, name));
  }
  await cp(join(place.dataDirectory, "test-vendor"), join(data.path, "test-vendor"), { recursive: true });
  return startServerProcess(t, { ...place, dataDirectory: data.path });
}
