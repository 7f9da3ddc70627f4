import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type Client, status } from "@grpc/grpc-js";
import { LicenseServiceService } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { createTestAuthority, type TestCertificate } from "../../helpers/certificates.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import { tlsClient } from "../../helpers/tls-client.ts";
import { makeTlsPlace } from "../../helpers/tls-place.ts";
import { startTokenService } from "../../helpers/token-service.ts";

const INFO = LicenseServiceService.getLicenseInfo.path;
const CAPABILITIES = LicenseServiceService.getLicenseCapabilities.path;
const UPLOAD = LicenseServiceService.uploadLicense.path;
const WATCH = LicenseServiceService.watchLicenseCapabilities.path;
const HEALTH = "/grpc.health.v1.Health/Check";
const DAY_MS = 86_400_000;

/** A service by TLS, its files, and calls by certificate. */
async function startTls(t: ExecutionContext, kind: "mutual" | "oneSided") {
  const place = await makeTlsPlace(t);
  await place.putIdentities(
    { name: "compute", role: "service", uri: "spiffe://cloud/compute" },
    { name: "ops", role: "admin", dns: "ops.example" },
  );
  const { certificate, key, clientCa, identities } = place.paths;
  const flags = ["--tls-cert", certificate, "--tls-key", key, "--revision-poll-ms", "100"];
  if (kind === "mutual") flags.push("--tls-client-ca", clientCa, "--tls-identities", identities);
  const rpc = await startTokenService(t, { flags });
  const client = (own?: TestCertificate, authority = place.authority) =>
    tlsClient(t, rpc.service.address, authority, own);
  const call = (client: Client, path: string, token?: string) =>
    rpc.call(path, token && `Bearer ${token}`, undefined, { client });
  const watch = (client: Client): RpcStream<Buffer> => {
    const pass = (bytes: Buffer): Buffer => bytes;
    const stream = client.makeServerStreamRequest(WATCH, pass, pass, Buffer.alloc(0));
    t.teardown(() => stream.cancel());
    return new RpcStream(stream);
  };
  return { place, rpc, client, call, watch };
}

const COMPUTE = { uris: ["spiffe://cloud/compute"] };
const OPS = { dns: ["ops.example"] };

test("by TLS a token counts, a call without one is TOKEN_MISSING, and a client of another authority is gone", async (t) => {
  const { rpc, client, call } = await startTls(t, "oneSided");
  const good = client();
  t.truthy((await call(good, INFO, rpc.tokens.admin.text)).answer);
  t.like((await call(good, INFO)).error, { code: status.UNAUTHENTICATED, reason: "TOKEN_MISSING" });
  const stranger = client(undefined, createTestAuthority("another"));
  t.like((await call(stranger, INFO, rpc.tokens.admin.text)).error, { code: status.UNAVAILABLE });
});

test("a plaintext client at a TLS port is turned away, and the log says why", async (t) => {
  const { rpc } = await startTls(t, "oneSided");
  const { error } = await rpc.call(INFO, `Bearer ${rpc.tokens.admin.text}`, undefined, {
    client: rpc.client(),
    deadlineMs: 5000,
  });
  t.like(error, { code: status.UNAVAILABLE });
  t.true(rpc.lines.some((line) => line.includes("the caller does not speak TLS")));
});

test("with client authorities nobody comes in without a certificate, by another's, or by one that has ended", async (t) => {
  const { place, rpc, client, call } = await startTls(t, "mutual");
  const expired = place.authority.issue({ ...OPS, notAfter: Date.now() - 1000 });
  const strangers = [undefined, createTestAuthority("another").issue(OPS), expired];
  for (const own of strangers) {
    const { error } = await call(client(own), INFO, rpc.tokens.admin.text);
    t.like(error, { code: status.UNAVAILABLE });
  }
  t.true(rpc.lines.some((line) => line.includes("a TLS handshake failed")));
  t.false(
    rpc.lines.some((line) => line.includes(INFO)),
    "no call was seen",
  );
});

test("a client certificate has the role of its entry, and none without one", async (t) => {
  const { place, client, call, rpc } = await startTls(t, "mutual");
  const compute = client(place.authority.issue(COMPUTE));
  t.truthy((await call(compute, CAPABILITIES)).answer);
  t.like((await call(compute, INFO)).error, { code: status.PERMISSION_DENIED, reason: "ROLE_NOT_ALLOWED" });
  const ops = client(place.authority.issue(OPS));
  t.truthy((await call(ops, INFO)).answer);
  const unknown = client(place.authority.issue({ commonName: "ops.example" }));
  t.like((await call(unknown, INFO)).error, {
    code: status.UNAUTHENTICATED,
    reason: "CERTIFICATE_UNKNOWN",
  });
  t.truthy((await call(unknown, HEALTH)).answer);
  const { identity } = rpc.lines
    .map((line) => JSON.parse(line))
    .find(({ rpc: path, code }) => path === INFO && code === "OK");
  t.is(identity, "ops");
});

test("a token decides over the certificate of its connection, for better and for worse", async (t) => {
  const { place, rpc, client, call } = await startTls(t, "mutual");
  const ops = client(place.authority.issue(OPS));
  t.like((await call(ops, UPLOAD, rpc.tokens.viewer.text)).error, { reason: "ROLE_NOT_ALLOWED" });
  t.like((await call(ops, INFO, "lst_nonsense")).error, { reason: "TOKEN_UNKNOWN" });
  const nobody = client(place.authority.issue({}));
  t.truthy((await call(nobody, INFO, rpc.tokens.viewer.text)).answer);
});

test("a new certificate serves new connections, and an open watch goes on", async (t) => {
  const { place, rpc, client, call, watch } = await startTls(t, "mutual");
  const ops = place.authority.issue(OPS);
  const before = client(ops);
  const stream = watch(before);
  await stream.next();
  const authority = createTestAuthority("the next authority");
  await place.putServer(authority.issueServer());
  await rpc.service.reload();
  t.truthy((await call(client(ops, authority), INFO)).answer);
  t.like((await call(client(ops), INFO)).error, { code: status.UNAVAILABLE });
  t.truthy((await call(before, INFO)).answer, "over the connection of before");
  stream.cancel();
  t.like(await stream.ended(), { code: status.CANCELLED }, "it was open until now");
});

test("files that cannot be used leave the old ones in force, with an alert", async (t) => {
  const { place, rpc, client, call } = await startTls(t, "mutual");
  await place.put(place.paths.key, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
  await rpc.service.reload();
  const { answer } = await call(client(place.authority.issue(OPS)), INFO);
  const { alerts } = LicenseServiceService.getLicenseInfo.responseDeserialize(answer ?? Buffer.alloc(0));
  const alert = alerts.find(({ message }) => message.includes("LICENSE_TLS_KEY"));
  t.regex(alert?.message ?? "", /cannot be used.*no private key/);
  t.notRegex(JSON.stringify(alerts.map(({ message }) => message)), /nonsense/);
});

test("an entry that is taken away ends the watches of its certificates, and no others", async (t) => {
  const { place, rpc, client, call, watch } = await startTls(t, "mutual");
  const compute = client(place.authority.issue(COMPUTE));
  const [theirs, others] = [watch(compute), watch(client(place.authority.issue(OPS)))];
  await Promise.all([theirs.next(), others.next()]);
  await place.putIdentities({ name: "ops", role: "admin", dns: "ops.example" });
  await rpc.service.reload();
  t.like(await theirs.ended(), { code: status.UNAUTHENTICATED, reason: "CERTIFICATE_UNKNOWN" });
  t.like((await call(compute, CAPABILITIES)).error, { reason: "CERTIFICATE_UNKNOWN" });
  await rpc.service.stop();
  t.like(await others.ended(), { code: status.UNAVAILABLE, reason: "SHUTTING_DOWN" });
});

test("a certificate that ends on an open connection ends its watches and calls by the service's clock", async (t) => {
  const { place, rpc, client, call, watch } = await startTls(t, "mutual");
  const compute = client(place.authority.issue({ ...COMPUTE, notAfter: Date.now() + DAY_MS }));
  const stream = watch(compute);
  await stream.next();
  rpc.clock.jump(DAY_MS);
  t.like(await stream.ended(), { code: status.UNAUTHENTICATED, reason: "CERTIFICATE_EXPIRED" });
  t.like((await call(compute, CAPABILITIES)).error, { reason: "CERTIFICATE_EXPIRED" });
  t.truthy((await call(compute, CAPABILITIES, rpc.tokens.service.text)).answer, "the token decides");
});

test("TLS below 1.2 and protocols other than HTTP/2 are refused in the handshake", async (t) => {
  const { place, rpc } = await startTls(t, "oneSided");
  const shake = (options: ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const [host, port] = rpc.service.address.split(":");
      const socket = connectTls({ host, port: Number(port), ca: place.authority.certificate, ...options });
      t.teardown(() => void socket.destroy());
      socket.once("close", () => resolve("closed"));
      socket.once("error", () => undefined);
      // The server speaks first in HTTP/2: its settings.
      socket.once("data", () => resolve(`served by ${socket.getProtocol()}`));
    });
  t.is(await shake({ ALPNProtocols: ["h2"] }), "served by TLSv1.3");
  t.is(await shake({ ALPNProtocols: ["h2"], maxVersion: "TLSv1.2" }), "served by TLSv1.2");
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  t.is(await shake({ ALPNProtocols: ["h2"], ...old }), "closed");
  t.is(await shake({ ALPNProtocols: ["http/1.1"] }), "closed");
  t.is(await shake({}), "closed");
});
