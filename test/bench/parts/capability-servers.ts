/** The two servers of the bench of GetLicenseCapabilities: ours, and a bare one that answers the same bytes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetLicenseCapabilitiesResponse, LicenseServiceService } from "@license-service/contract";
import { createTestAuthority, type TestCertificate } from "../../helpers/certificates.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { freePort } from "../../helpers/free-port.ts";
import type { BenchContext } from "../bench.ts";
import type { UnaryServerOrder, UnaryServerReport } from "../peers/unary-server.ts";
import { adminOf } from "./admin.ts";
import { startChild } from "./child.ts";
import { pin, SERVER_CORE } from "./pinning.ts";
import { BASE, issuerAt, makePlace, type Settings, startServer } from "./platform.ts";
import { madeUpModule, WIDE_CAPABILITIES } from "./wide-profile.ts";

/** One of the two servers as the load sees it. */
export interface Target {
  readonly name: string;
  readonly pid: number;
  /** Of GetLicenseCapabilities. */
  readonly url: string;
  readonly token: string;
}

/** Both servers, running, on one core. */
export interface CapabilityServers {
  readonly ours: Target;
  readonly peer: Target;
  /** "host:port" of our metrics. */
  readonly metrics: string;
  /** Size of the answer. */
  readonly answerBytes: number;
  /** Ends both. */
  end(): Promise<void>;
}

/** Modules that are installed beside the base. */
const MODULES = ["gpu", "cdp", "billing", "migration", madeUpModule(1), madeUpModule(2)];

const WIDE_PROFILE = new URL("use-wide-profile.ts", import.meta.url).href;
const BARE_SERVER = new URL("../peers/unary-server.ts", import.meta.url);

/** Starts both; the answer was decoded and looked at. Our server has answered one call of GetLicenseCapabilities. */
export async function startCapabilityServers(
  context: BenchContext,
  isTls: boolean,
): Promise<CapabilityServers> {
  const metrics = `127.0.0.1:${await freePort()}`;
  const place = await makePlace(context);
  const authority = isTls ? createTestAuthority() : undefined;
  const tls = authority?.issueServer();
  const server = await startServer(context, place, {
    LICENSE_METRICS_LISTEN: metrics,
    // What one token may ask is bounded; here one token asks for everybody.
    LICENSE_CALLS_PER_SECOND: "1000000",
    NODE_OPTIONS: `--import=${WIDE_PROFILE}`,
    ...(tls && (await tlsSettings(context, tls))),
  });
  await pin(server.pid, SERVER_CORE);
  const admin = adminOf(context, server, authority?.certificate);
  const issue = await issuerAt(place);
  for (const claims of [BASE, ...MODULES.map((item) => ({ item }))]) await admin.upload(await issue(claims));
  const answer = await admin.capabilities();
  if (answer.capabilities.length !== WIDE_CAPABILITIES) {
    throw new Error(`the server answers ${answer.capabilities.length} capabilities`);
  }
  const bytes = Buffer.from(GetLicenseCapabilitiesResponse.encode(answer).finish());
  const bare = await startBare(context, bytes, tls);
  const scheme = tls === undefined ? "http" : "https";
  const target = (name: string, pid: number, address: string): Target => {
    const url = `${scheme}://${address}${LicenseServiceService.getLicenseCapabilities.path}`;
    // The peer gets the token as well: what reading a header costs is not ours alone.
    return { name, pid, url, token: server.adminToken };
  };
  return {
    ours: target("license service", server.pid, server.address),
    peer: target("bare grpc-js", bare.pid, bare.address),
    metrics,
    answerBytes: bytes.length,
    async end() {
      await Promise.all([server.end("SIGTERM"), bare.end()]);
    },
  };
}

async function tlsSettings(context: BenchContext, { certificate, key }: TestCertificate): Promise<Settings> {
  const { workspace, remove } = await makeTestDataDirectory();
  context.teardown(remove);
  const files = {
    LICENSE_TLS_CERT: join(workspace, "cert.pem"),
    LICENSE_TLS_KEY: join(workspace, "key.pem"),
  };
  await writeFile(files.LICENSE_TLS_CERT, certificate);
  await writeFile(files.LICENSE_TLS_KEY, key, { mode: 0o600 });
  return { ...files, LICENSE_PLAINTEXT: "off" };
}

async function startBare(context: BenchContext, answer: Buffer, tls: TestCertificate | undefined) {
  const bare = await startChild<UnaryServerOrder, UnaryServerReport>(context, BARE_SERVER, SERVER_CORE);
  bare.send({ answer: answer.toString("base64"), ...(tls && { tls }) });
  const { port } = await bare.report((_report): _report is UnaryServerReport => true);
  return { pid: bare.pid, address: `127.0.0.1:${port}`, end: bare.end };
}
