/** licensectl against real servers with and without TLS: what is met, and how a failure is explained. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";
import { ReloadLicenseResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { createTestAuthority, type TestCertificate } from "../../helpers/certificates.ts";
import { runCli } from "./_capture.ts";
import { startScriptedServer } from "./_scripted-server.ts";

const authority = createTestAuthority("test authority");
const stranger = createTestAuthority("stranger");
const HOUR_MS = 3_600_000;
const ENV = { LICENSECTL_TOKEN: "lst_secret" };
const ANSWERS = { reloadLicense: () => ReloadLicenseResponse.fromPartial({ licenseCount: 7 }) };

/** How the server proves itself, and whether it asks for a client certificate of the authority. */
interface Protection {
  readonly own?: TestCertificate;
  readonly isMutual?: boolean;
}

/** Starts a server; answers "localhost:port". */
async function startTls(
  t: ExecutionContext,
  { own = authority.issueServer(), isMutual = false }: Protection = {},
): Promise<string> {
  const pair = { private_key: Buffer.from(own.key), cert_chain: Buffer.from(own.certificate) };
  const clientAuthority = isMutual ? Buffer.from(authority.certificate) : null;
  const credentials = ServerCredentials.createSsl(clientAuthority, [pair], isMutual);
  return onLocalhost(await startScriptedServer(t, ANSWERS, undefined, credentials));
}

function onLocalhost(address: string): string {
  return address.replace("127.0.0.1", "localhost");
}

/** Writes PEM text into a file of the test. */
async function fileOf(t: ExecutionContext, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "licensectl-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, "file.pem");
  await writeFile(path, text);
  return path;
}

/** `reload` with --json, which says by its failure what was met. */
async function reload(address: string, ...args: readonly string[]): Promise<Met> {
  const { code, stdout, stderr } = await runCli(["reload", "--json", "--address", address, ...args], {
    env: ENV,
  });
  return code === 0 ? { code, answer: JSON.parse(stdout) } : { code, ...JSON.parse(stderr).error };
}

/** The answer, or members of the failure. */
interface Met {
  readonly code: number;
  readonly answer?: unknown;
  readonly reason?: string;
  readonly message?: string;
  readonly meaning?: string;
  readonly remedy?: string;
}

test("a server with a certificate of a known authority is met", async (t) => {
  const address = await startTls(t);
  const ca = await fileOf(t, authority.certificate);
  t.like(await reload(address, "--ca", ca), { code: 0, answer: { licenseCount: 7 } });
});

test("a server is met by the name of --server-name where its certificate holds no other", async (t) => {
  const own = authority.issueServer({ dns: ["license.example"] });
  const address = await startTls(t, { own });
  const ca = await fileOf(t, authority.certificate);
  const refused = await reload(address, "--ca", ca);
  t.like(refused, { code: 3, reason: "SERVER_NAME_MISMATCH", status: "UNAVAILABLE" });
  t.is(refused.meaning, "It holds DNS:license.example. No token and no request was sent.");
  t.like(await reload(address, "--ca", ca, "--server-name", "license.example"), { code: 0 });
});

test("a client certificate is shown to a server that asks for one", async (t) => {
  const address = await startTls(t, { isMutual: true });
  const ca = await fileOf(t, authority.certificate);
  const show = async ({ certificate, key }: TestCertificate) =>
    reload(address, "--ca", ca, "--cert", await fileOf(t, certificate), "--key", await fileOf(t, key));
  t.like(await show(authority.issue()), { code: 0 });
  t.like(await reload(address, "--ca", ca), { code: 3, reason: "CLIENT_CERTIFICATE_NEEDED" });
  t.like(await show(stranger.issue()), { code: 3, reason: "CLIENT_CERTIFICATE_REFUSED" });
  const ended = authority.issue({ notBefore: Date.now() - 2 * HOUR_MS, notAfter: Date.now() - HOUR_MS });
  t.like(await show(ended), { code: 3, reason: "CLIENT_CERTIFICATE_REFUSED" });
});

test("an unknown authority, a certificate of its own making and a wrong --ca are told apart from all else", async (t) => {
  const ca = await fileOf(t, stranger.certificate);
  const address = await startTls(t);
  const unknown = await reload(address, "--tls");
  t.like(unknown, { code: 3, reason: "SERVER_NOT_TRUSTED" });
  t.regex(unknown.message ?? "", /no authority that this system knows/);
  t.regex(unknown.remedy ?? "", /--ca FILE/);
  const wrong = await reload(address, "--ca", ca);
  t.like(wrong, { code: 3, reason: "SERVER_NOT_TRUSTED" });
  t.true(wrong.message?.includes(`that ${ca} holds`));
  t.like(await reload(await startTls(t, { own: stranger }), "--tls"), { reason: "SERVER_NOT_TRUSTED" });
});

test("a certificate that has ended, or has not begun, is told by its name", async (t) => {
  const ca = await fileOf(t, authority.certificate);
  const now = Date.now();
  const ended = authority.issueServer({ notBefore: now - 2 * HOUR_MS, notAfter: now - HOUR_MS });
  const early = authority.issueServer({ notBefore: now + HOUR_MS, notAfter: now + 2 * HOUR_MS });
  const [first, second] = await Promise.all([startTls(t, { own: ended }), startTls(t, { own: early })]);
  t.like(await reload(first, "--ca", ca), { code: 3, reason: "SERVER_CERTIFICATE_EXPIRED" });
  t.like(await reload(second, "--ca", ca), { code: 3, reason: "SERVER_CERTIFICATE_NOT_YET_VALID" });
});

test("TLS met with plaintext, and plaintext met with TLS, are explained, and no token was sent", async (t) => {
  const dropped = await reload(await startTls(t));
  t.like(dropped, { code: 3, reason: "TLS_EXPECTED" });
  t.regex(dropped.remedy ?? "", /--tls/);
  const received: Buffer[] = [];
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => received.push(bytes));
    // What a plaintext HTTP/2 server sends first: its settings.
    socket.write(Buffer.from("000000040000000000", "hex"));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  t.teardown(() => listener.close());
  const { port } = listener.address() as AddressInfo;
  const plain = await reload(`localhost:${port}`, "--tls");
  t.like(plain, { code: 3, reason: "PLAINTEXT_SERVER", meaning: "No token and no request was sent." });
  t.true(received.length > 0);
  t.false(Buffer.concat(received).includes("lst_secret"));
});

test("a real plaintext server met with TLS is told as one", async (t) => {
  const address = onLocalhost(await startScriptedServer(t, ANSWERS));
  t.like(await reload(address, "--tls"), { code: 3, reason: "PLAINTEXT_SERVER" });
  t.like(await reload(address), { code: 0 });
  t.like(await reload(address, "--plaintext"), { code: 0 });
});

test("a web server with TLS is no license service", async (t) => {
  const { key, certificate } = authority.issueServer();
  const web = createHttpsServer({ key, cert: certificate }, (_, response) => response.end());
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  t.teardown(() => web.close());
  const { port } = web.address() as AddressInfo;
  const met = await reload(`localhost:${port}`, "--ca", await fileOf(t, authority.certificate));
  t.like(met, { code: 3, reason: "NOT_GRPC" });
});

test("where nobody listens, TLS is not blamed", async (t) => {
  for (const option of ["--tls", "--plaintext"]) {
    const met = await reload("localhost:1", option);
    t.like(met, {
      code: 3,
      reason: "UNAVAILABLE",
      message: "No license service can be reached at localhost:1.",
    });
  }
});
