import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { connect } from "node:http2";
import { join } from "node:path";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import {
  GetLicenseInfoRequest,
  GetRequestCodeResponse,
  LicenseServiceService,
  ListUsbKeysResponse,
  Revision,
  UsbUnavailableReason,
} from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { TOKEN_PATTERN } from "../../../src/identity/token.ts";
import { withClient } from "../../../src/store/embedded/connection.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import { serverSettings } from "../../helpers/server-settings.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { startTokenService } from "../../helpers/token-service.ts";

const { getLicenseInfo, getRequestCode, listUsbKeys, watchLicenseCapabilities } = LicenseServiceService;

async function makePlace(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const env = serverSettings({ databaseUrl: database.url, dataDirectory: data.path });
  return { url: database.url, dataDirectory: data.path, env };
}

/** A watch by the admin of a running process, with its first message received. */
async function watch(
  t: ExecutionContext,
  address: string,
  dataDirectory: string,
): Promise<RpcStream<Buffer>> {
  const client = new Client(address, credentials.createInsecure());
  t.teardown(() => client.close());
  const metadata = new Metadata();
  metadata.set(
    "authorization",
    `Bearer ${(await readFile(join(dataDirectory, "admin-token"), "utf8")).trim()}`,
  );
  const pass = (bytes: Buffer): Buffer => bytes;
  const { path } = watchLicenseCapabilities;
  const stream = new RpcStream(client.makeServerStreamRequest(path, pass, pass, Buffer.alloc(0), metadata));
  await stream.next();
  return stream;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends a watch with SHUTTING_DOWN, and then the process with 0`, async (t) => {
    const { env, dataDirectory } = await makePlace(t);
    const server = startProcess(t, env);
    const stream = await watch(t, await server.address, dataDirectory);
    server.child.kill(signal);
    t.like(await stream.ended(), { code: status.UNAVAILABLE, reason: "SHUTTING_DOWN" });
    const { code, stderr, lines } = await server.end;
    t.is(code, 0);
    t.is(stderr, "");
    t.is(JSON.parse(lines.at(-1) ?? "").msg, "stopped");
  });
}

test("the first start leaves key, request code and admin token, for this account alone; the second keeps them", async (t) => {
  const { env, dataDirectory } = await makePlace(t);
  const contents = async () => {
    const names = ["platform-key.pem", "request-code.txt", "admin-token", "node-id"];
    return Promise.all(names.map((name) => readFile(join(dataDirectory, name), "utf8")));
  };
  const run = async () => {
    const server = startProcess(t, env);
    await server.address;
    server.child.kill("SIGTERM");
    const { lines } = await server.end;
    return lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "ready");
  };
  const ready = await run();
  const first = await contents();
  t.regex(first[2]?.trim() ?? "", TOKEN_PATTERN);
  for (const name of await readdir(dataDirectory)) {
    if (name === "lock.db") continue;
    t.is((await stat(join(dataDirectory, name))).mode & 0o077, 0, name);
  }
  t.is((await stat(dataDirectory)).mode & 0o777, 0o700);
  // AP-2: of the exact bytes of the file.
  t.is(
    ready.platformId,
    createHash("md5")
      .update(first[1] ?? "")
      .digest("hex")
      .slice(0, 10),
  );
  t.like(ready, { mode: "production", profile: "zstack-cloud" });
  t.is((await run()).platformId, ready.platformId);
  t.deepEqual(await contents(), first);
});

test("an admin token whose row was never committed is replaced at the next start", async (t) => {
  const { env, url, dataDirectory } = await makePlace(t);
  const start = async () => {
    const server = startProcess(t, env);
    const address = await server.address;
    return { server, address };
  };
  const first = await start();
  first.server.child.kill("SIGTERM");
  await first.server.end;
  const lost = await readFile(join(dataDirectory, "admin-token"), "utf8");
  await withClient(url, (client) => client.query("delete from tokens"));
  const second = await start();
  t.not(await readFile(join(dataDirectory, "admin-token"), "utf8"), lost);
  await watch(t, second.address, dataDirectory);
});

test("a server that is killed leaves nothing that keeps the next one from starting", async (t) => {
  const { env, dataDirectory } = await makePlace(t);
  const killed = startProcess(t, env);
  await killed.address;
  killed.child.kill("SIGKILL");
  t.is((await killed.end).code, null);
  const next = startProcess(t, env);
  await watch(t, await next.address, dataDirectory);
});

test("a signal while the service starts is followed once it has started", async (t) => {
  const { env, url } = await makePlace(t);
  // While this transaction holds the row of the store's lock the start waits for it.
  await withClient(url, async (client) => {
    await client.query("begin; lock table nodes in access exclusive mode");
    const server = startProcess(t, env);
    await withClient(url, async (watcher) => {
      const waits = "select from pg_locks where not granted and relation = 'nodes'::regclass";
      while ((await watcher.query(waits)).rowCount === 0) await new Promise(setImmediate);
    });
    server.child.kill("SIGTERM");
    await client.query("rollback");
    t.is((await server.end).code, 0);
  });
});

/** A call that its caller never finishes: headers, and no request. */
async function openUnfinished(t: ExecutionContext, address: string, dataDirectory: string): Promise<void> {
  const token = (await readFile(join(dataDirectory, "admin-token"), "utf8")).trim();
  const session = connect(`http://${address}`);
  // The end of the process cuts the connection.
  session.on("error", () => undefined);
  t.teardown(() => session.destroy());
  const headers = {
    ":method": "POST",
    ":path": getLicenseInfo.path,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  };
  session.request(headers, { endStream: false }).on("error", () => undefined);
  // The answer to a ping shows that what was sent before it has arrived.
  await new Promise<void>((resolve) => session.ping(() => resolve()));
}

test("a second signal ends the process at once, whatever still runs", async (t) => {
  const { env, dataDirectory } = await makePlace(t);
  const server = startProcess(t, { ...env, LICENSE_SHUTDOWN_GRACE_MS: "300000" });
  await openUnfinished(t, await server.address, dataDirectory);
  server.child.kill("SIGTERM");
  await server.wrote("stopping");
  server.child.kill("SIGTERM");
  t.is((await server.end).code, 143);
});

test("a defect that nothing catches is logged, ends watches in order, and the process with 1", async (t) => {
  const { env, dataDirectory } = await makePlace(t);
  // The defect comes from outside: a module that throws on a signal.
  const text = 'process.once("SIGUSR2", () => { throw new Error("a defect of a test"); });';
  const module = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
  const server = startProcess(t, { ...env, NODE_OPTIONS: `--import ${module}` });
  const stream = await watch(t, await server.address, dataDirectory);
  server.child.kill("SIGUSR2");
  t.like(await stream.ended(), { code: status.UNAVAILABLE, reason: "SHUTTING_DOWN" });
  const { code, lines } = await server.end;
  t.is(code, 1);
  const fatal = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 60);
  t.is(fatal.err.message, "a defect of a test");
});

test("--help and --version print and end with 0, whatever the environment says", async (t) => {
  const help = await startProcess(t, { LICENSE_WRONG: "1" }, ["--help"]).end;
  t.is(help.code, 0);
  t.true(help.lines.some((line) => line.includes("LICENSE_DATA_DIR")));
  const { version } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  t.deepEqual((await startProcess(t, {}, ["--version"]).end).lines, [version]);
});

test("development mode says loudly that it believes a test vendor; production has none", async (t) => {
  const { env, dataDirectory } = await makePlace(t);
  const production = startProcess(t, env);
  await production.address;
  production.child.kill("SIGTERM");
  const quiet = await production.end;
  t.false(quiet.lines.some((line) => line.includes("DEVELOPMENT MODE")));
  t.false((await readdir(dataDirectory)).includes("test-vendor"));
  for (let start = 0; start < 2; start++) {
    const server = startProcess(t, env, ["--development"]);
    await server.address;
    server.child.kill("SIGTERM");
    const { lines } = await server.end;
    t.true(lines.some((line) => line.includes("DEVELOPMENT MODE") && line.includes('"level":40')));
  }
});

test("what runs longer than the grace is cut off", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--shutdown-grace-ms", "50"] });
  const admin = `Bearer ${rpc.tokens.admin.text}`;
  const { answer } = await rpc.call(getLicenseInfo.path, admin);
  const { revision } = getLicenseInfo.responseDeserialize(answer ?? Buffer.alloc(0));
  // Waits for up to 2 s.
  const minRevision = Revision.create({ ...revision, revision: 1_000_000n });
  const request = getLicenseInfo.requestSerialize(GetLicenseInfoRequest.create({ minRevision }));
  const waiting = rpc.call(getLicenseInfo.path, admin, request);
  // The first answer after it shows that it was received.
  await rpc.call(getLicenseInfo.path, admin);
  await rpc.service.stop();
  const { error } = await waiting;
  t.truthy(error);
  t.true(rpc.lines.some((line) => line.includes("calls still run; they are cut off")));
});

test("UK-NO-1: GetRequestCode answers what the file holds, and ListUsbKeys why there are no keys", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--usb=off"] });
  const viewer = `Bearer ${rpc.tokens.viewer.text}`;
  const code = GetRequestCodeResponse.decode(
    (await rpc.call(getRequestCode.path, viewer)).answer ?? Buffer.alloc(0),
  );
  t.is(code.requestCode, await readFile(join(rpc.service.dataDirectory, "request-code.txt"), "utf8"));
  t.is(code.platformId, rpc.service.platformId);
  t.is(code.profile, "zstack-cloud");
  t.regex(code.thumbprint, /^[A-Za-z0-9_-]{43}$/);
  const usb = ListUsbKeysResponse.decode(
    (await rpc.call(listUsbKeys.path, viewer)).answer ?? Buffer.alloc(0),
  );
  t.deepEqual(usb.keys, []);
  t.is(usb.unavailableReason, UsbUnavailableReason.AGENT_OFF);
  t.regex(usb.unavailableMessage, /turned off on this node/);
  t.deepEqual(usb.revision, code.revision);
});
