import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { type Client, Metadata, status } from "@grpc/grpc-js";
import { LicenseServiceService, RetryInfo, Status } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { createToken } from "../../../src/identity/token.ts";
import { RpcError } from "../../helpers/rpc-error.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import { startTokenService, type TokenService } from "../../helpers/token-service.ts";

const INFO = LicenseServiceService.getLicenseInfo.path;
const CAPABILITIES = LicenseServiceService.getLicenseCapabilities.path;
const WATCH = LicenseServiceService.watchLicenseCapabilities.path;
const HEALTH = "/grpc.health.v1.Health/Check";

const OWN_CONNECTION = { "grpc.use_local_subchannel_pool": 1 };

function watch(t: ExecutionContext, client: Client, token: string): RpcStream<Buffer> {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const pass = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeServerStreamRequest(WATCH, pass, pass, Buffer.alloc(0), metadata);
  t.teardown(() => stream.cancel());
  return new RpcStream(stream);
}

/** The delay after which the caller is asked to come back, in ms. */
function retryDelayMs(metadata: Metadata): number {
  const [bytes] = metadata.get("grpc-status-details-bin");
  const { details } = Status.decode(bytes as Buffer);
  const info = details.find(({ typeUrl }) => typeUrl.endsWith("/google.rpc.RetryInfo"));
  const { seconds = 0n, nanos = 0 } = RetryInfo.decode(info?.value ?? Buffer.alloc(0)).retryDelay ?? {};
  return Number(seconds) * 1000 + nanos / 1_000_000;
}

test("threat 28: an identity that calls too fast is RATE_EXCEEDED and told when to come back; others are not", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--calls-per-second", "1"] });
  const service = `Bearer ${rpc.tokens.service.text}`;
  const calls = await Promise.all(Array.from({ length: 10 }, () => rpc.call(CAPABILITIES, service)));
  const refused = calls.filter(({ error }) => error !== undefined);
  t.true(refused.length >= 7, "the burst is two seconds' worth");
  for (const { error, metadata } of refused) {
    t.like(error, { code: status.RESOURCE_EXHAUSTED, reason: "RATE_EXCEEDED" });
    const delayMs = retryDelayMs(metadata);
    t.true(delayMs > 0 && delayMs <= 1000, `${delayMs}`);
  }
  t.truthy((await rpc.call(INFO, `Bearer ${rpc.tokens.viewer.text}`)).answer);
  t.truthy((await rpc.call(HEALTH, undefined)).answer);
});

test("threat 28: an identity has so many watches open at once; one that ends makes room", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--watches-at-once", "1"] });
  const token = rpc.tokens.service.text;
  const client = rpc.client();
  const first = watch(t, client, token);
  await first.next();
  t.like(await watch(t, client, token).ended(), {
    code: status.RESOURCE_EXHAUSTED,
    reason: "TOO_MANY_CALLS",
  });
  t.truthy((await rpc.call(CAPABILITIES, `Bearer ${token}`)).answer, "calls are counted apart");
  await watch(t, client, rpc.tokens.viewer.text).next();
  first.cancel();
  await logged(rpc, (line) => line["rpc"] === WATCH && line["code"] === "CANCELLED");
  await watch(t, client, token).next();
});

test("threat 28: an identity uses so many connections at once, whatever the number of its calls", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--connections-per-identity", "1"] });
  const service = `Bearer ${rpc.tokens.service.text}`;
  const [first, second] = [rpc.client(OWN_CONNECTION), rpc.client(OWN_CONNECTION)];
  for (let call = 0; call < 3; call++) {
    t.truthy((await rpc.call(CAPABILITIES, service, undefined, { client: first })).answer);
  }
  const { error } = await rpc.call(CAPABILITIES, service, undefined, { client: second });
  t.like(error, { code: status.RESOURCE_EXHAUSTED, reason: "TOO_MANY_CONNECTIONS" });
  const viewer = `Bearer ${rpc.tokens.viewer.text}`;
  t.truthy((await rpc.call(INFO, viewer, undefined, { client: second })).answer);
});

test("threat 28: connections beyond the most are closed, and those that are open go on", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--connections", "1"] });
  const admin = `Bearer ${rpc.tokens.admin.text}`;
  const [first, second] = [rpc.client(OWN_CONNECTION), rpc.client(OWN_CONNECTION)];
  t.truthy((await rpc.call(INFO, admin, undefined, { client: first })).answer);
  const { error } = await rpc.call(INFO, admin, undefined, { client: second });
  t.like(error, { code: status.UNAVAILABLE });
  t.truthy((await rpc.call(INFO, admin, undefined, { client: first })).answer);
  t.true(rpc.lines.some((line) => line.includes("LICENSE_CONNECTIONS")));
});

test("threat 28: wrong tokens at full speed are RATE_EXCEEDED, and their connection is closed in the end", async (t) => {
  const rpc = await startTokenService(t);
  const stranger = rpc.client(OWN_CONNECTION);
  const seen = new Set<string>();
  // The burst first, then what is earned meanwhile; a machine that is busy takes some rounds more.
  for (let round = 0; round < 200 && !seen.has("closed"); round++) {
    const calls = Array.from({ length: 60 }, () =>
      rpc.call(INFO, `Bearer ${createToken()}`, undefined, { client: stranger }),
    );
    for (const { error } of await Promise.all(calls)) {
      seen.add(error instanceof RpcError && error.reason !== "" ? error.reason : "closed");
    }
  }
  t.deepEqual([...seen], ["TOKEN_UNKNOWN", "RATE_EXCEEDED", "closed"]);
  t.truthy(
    (await rpc.call(INFO, `Bearer ${rpc.tokens.admin.text}`)).answer,
    "a known caller of the same address",
  );
  t.truthy((await rpc.call(HEALTH, undefined)).answer, "and health");
});

test("threat 28: 10,000 calls that are canceled at once cost their caller the connection, and others nothing", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--calls-at-once", "50"] });
  const session = connect(`http://${rpc.service.address}`);
  t.teardown(() => session.destroy());
  session.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => session.once("close", resolve));
  await once(session, "remoteSettings");
  let begun = 0;
  while (begun < 10_000 && !session.destroyed) {
    for (let call = 0; call < 100 && !session.destroyed; call++, begun++) {
      cancelAtOnce(session, rpc.tokens.service.text);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  const ran = rpc.lines.filter((line) => line.includes('"msg":"call"')).length;
  t.true(ran >= 50 && ran < 500, `${ran} of ${begun} were handed over before the connection ended`);
  // Every call of the identity that ran was given back.
  const service = `Bearer ${rpc.tokens.service.text}`;
  const later = await Promise.all(Array.from({ length: 50 }, () => rpc.call(CAPABILITIES, service)));
  t.deepEqual(
    later.flatMap(({ error }) => error?.message ?? []),
    [],
  );
});

test("threat 28: a client that gives up some calls now and then keeps its connection", async (t) => {
  const rpc = await startTokenService(t);
  const session = connect(`http://${rpc.service.address}`);
  t.teardown(() => session.destroy());
  let goneAway = false;
  session.on("goaway", () => {
    goneAway = true;
  });
  await once(session, "remoteSettings");
  for (let call = 0; call < 49; call++) cancelAtOnce(session, rpc.tokens.service.text);
  await new Promise<void>((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
  t.false(goneAway || session.closed);
});

function cancelAtOnce(session: ClientHttp2Session, token: string): void {
  const stream: ClientHttp2Stream = session.request({
    ":method": "POST",
    ":path": CAPABILITIES,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  });
  stream.on("error", () => undefined);
  stream.close(constants.NGHTTP2_CANCEL);
}

/** Resolves when the log has such a line. */
async function logged(
  { lines }: TokenService,
  isWanted: (line: Record<string, unknown>) => boolean,
): Promise<void> {
  while (!lines.some((line) => isWanted(JSON.parse(line)))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
