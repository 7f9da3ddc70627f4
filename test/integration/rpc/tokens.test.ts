import { readFile } from "node:fs/promises";
import { status } from "@grpc/grpc-js";
import { LicenseServiceService, TokenRole } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { TOKEN_PATTERN } from "../../../src/identity/token.ts";
import { RpcError, rpcErrorOf } from "../../helpers/rpc-error.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { createTokenCall, type TokenCall } from "../../helpers/token-calls.ts";
import { startTokenService, type TokenService } from "../../helpers/token-service.ts";
import { type FaultyNetwork, openFaultyNetwork } from "../store/faulty-network.ts";

const INFO = LicenseServiceService.getLicenseInfo.path;
const WATCH = LicenseServiceService.watchLicenseCapabilities.path;
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

/** A service that polls so seldom that only what the answering node does at once can pass a test. */
async function start(t: ExecutionContext): Promise<{ rpc: TokenService; call: TokenCall }> {
  const rpc = await startTokenService(t, { flags: ["--revision-poll-ms", "60000"] });
  return { rpc, call: createTokenCall(t, rpc.service.address, rpc.tokens.admin.text) };
}

test("a new token is good for the next call, says what it is, and is listed without its secret", async (t) => {
  const { rpc, call } = await start(t);
  const expireTime = new Date(rpc.clock.now() + 3_600_000);
  const { secret, token } = await call("createToken", {
    name: "Überwacher 1",
    role: TokenRole.VIEWER,
    expireTime,
  });
  t.regex(secret, TOKEN_PATTERN);
  t.like(token, { name: "Überwacher 1", role: TokenRole.VIEWER, expireTime, expired: false });
  t.is((await rpc.call(INFO, `Bearer ${secret}`)).error, undefined);
  const { tokens } = await call("listTokens");
  t.deepEqual(tokens.map(({ name, expired }) => `${name}${expired ? " expired" : ""}`).sort(), [
    "admin",
    "expired expired",
    "service",
    "viewer",
    "Überwacher 1",
  ]);
  t.deepEqual(tokens.at(-1), token);
  t.false(JSON.stringify(tokens).includes(secret));
});

test("a new token is refused from its end on", async (t) => {
  const { rpc, call } = await start(t);
  const expireTime = new Date(rpc.clock.now() + 60_000);
  const { secret, token } = await call("createToken", { name: "short", role: TokenRole.SERVICE, expireTime });
  rpc.clock.jump(60_001);
  t.like((await rpc.call(INFO, `Bearer ${secret}`)).error, { reason: "TOKEN_EXPIRED" });
  const { tokens } = await call("listTokens");
  t.true(tokens.find(({ id }) => id === token?.id)?.expired);
});

test("a revoked token is refused, and its watches end, before the answer to the revocation", async (t) => {
  const { rpc, call } = await start(t);
  const { secret, token } = await call("createToken", { name: "compute", role: TokenRole.SERVICE });
  const own = rpc.stream(WATCH, `Bearer ${secret}`);
  const other = rpc.stream(WATCH, `Bearer ${rpc.tokens.service.text}`);
  await Promise.all([own.next(), other.next()]);
  t.deepEqual((await call("revokeToken", { id: token?.id ?? "" })).token, token);
  t.like(await own.ended(), { code: status.UNAUTHENTICATED, reason: "TOKEN_UNKNOWN" });
  t.is((await rpcErrorOf(call("listTokens", {}, secret))).reason, "TOKEN_UNKNOWN");
  const again = await rpcErrorOf(call("revokeToken", { id: token?.id ?? "" }));
  t.like(again, { code: status.NOT_FOUND, reason: "TOKEN_NOT_FOUND" });
  await rpc.service.stop();
  t.is((await other.ended()).reason, "SHUTTING_DOWN");
});

test("an administrator may revoke the very token of the call, unless it is the last one in force", async (t) => {
  const { rpc, call } = await start(t);
  const { admin, expired } = rpc.tokens;
  const last = await rpcErrorOf(call("revokeToken", { id: admin.id }));
  t.like(last, { code: status.FAILED_PRECONDITION, reason: "LAST_ADMIN_TOKEN" });
  const { secret } = await call("createToken", { name: "second", role: TokenRole.ADMIN });
  await call("revokeToken", { id: admin.id.toUpperCase() });
  t.is((await rpcErrorOf(call("listTokens"))).reason, "TOKEN_UNKNOWN");
  await call("revokeToken", { id: expired.id }, secret);
  t.deepEqual((await call("listTokens", {}, secret)).tokens.map(({ name }) => name).sort(), [
    "second",
    "service",
    "viewer",
  ]);
});

test("a request that is wrong names the field, and makes nothing", async (t) => {
  const { rpc, call } = await start(t);
  const good = { name: "x", role: TokenRole.VIEWER };
  const now = rpc.clock.now();
  const cases = [
    ["name", { ...good, name: "" }],
    ["name", { ...good, name: "  " }],
    ["name", { ...good, name: "x".repeat(101) }],
    ["name", { ...good, name: "two\nlines" }],
    ["name", { ...good, name: "\u001b[31mred" }],
    ["name", { ...good, name: "right\u202eleft" }],
    ["name", { ...good, name: "nul\u0000" }],
    ["name", { ...good, name: "line\u2028separator" }],
    ["role", { name: "x" }],
    ["role", { ...good, role: 99 as TokenRole }],
    ["expire_time", { ...good, expireTime: new Date(now) }],
    ["expire_time", { ...good, expireTime: new Date(now - 1) }],
    ["expire_time", { ...good, expireTime: new Date(Date.UTC(10_000, 0, 1)) }],
  ] as const;
  for (const [field, request] of cases) {
    const error = await rpcErrorOf(call("createToken", request));
    t.like(
      error,
      { code: status.INVALID_ARGUMENT, reason: "INVALID_REQUEST", fields: [field] },
      JSON.stringify(request),
    );
  }
  for (const id of ["", "1", `${UNKNOWN_ID}0`, `{${UNKNOWN_ID}}`, "' or true --"]) {
    const error = await rpcErrorOf(call("revokeToken", { id }));
    t.like(error, { code: status.INVALID_ARGUMENT, reason: "INVALID_REQUEST", fields: ["id"] }, id);
  }
  t.is((await rpcErrorOf(call("revokeToken", { id: UNKNOWN_ID }))).reason, "TOKEN_NOT_FOUND");
  t.is((await call("listTokens")).tokens.length, 4);
  const longest = {
    name: "🔑".repeat(100),
    role: TokenRole.ADMIN,
    expireTime: new Date(Date.UTC(10_000, 0, 1) - 1),
  };
  t.deepEqual((await call("createToken", longest)).token?.expireTime, longest.expireTime);
});

test("threat 32: making and revoking a token are lines of the log that say who did it, and never the token", async (t) => {
  const { rpc, call } = await start(t);
  const { secret, token } = await call("createToken", { name: 'quo"ted', role: TokenRole.VIEWER });
  await call("revokeToken", { id: token?.id ?? "" });
  const lines = rpc.lines.map((line) => JSON.parse(line));
  const change = {
    token: { id: token?.id, name: "quo\\u{22}ted", role: "viewer" },
    by: "admin",
    byId: rpc.tokens.admin.id,
  };
  t.like(
    lines.find(({ msg }) => msg === "token created"),
    change,
  );
  t.like(
    lines.find(({ msg }) => msg === "token revoked"),
    change,
  );
  t.false(rpc.lines.join("").includes(secret));
  t.false(rpc.lines.join("").includes("lst_"));
});

test("while the database is away tokens can be neither made, listed nor revoked, and the last ones stand", async (t) => {
  const ready = Promise.withResolvers<FaultyNetwork>();
  const rpc = await startRpcService(t, {
    route: async (databaseUrl) => {
      const network = await openFaultyNetwork(t, databaseUrl);
      ready.resolve(network);
      return network.url;
    },
  });
  const network = await ready.promise;
  const admin = (await readFile(rpc.service.newTokenFile ?? "", "utf8")).trim();
  const call = createTokenCall(t, rpc.service.address, admin);
  const { token } = await call("createToken", { name: "viewer", role: TokenRole.VIEWER });
  await network.cut();
  for (const attempt of [
    () => call("createToken", { name: "x", role: TokenRole.VIEWER }),
    () => call("listTokens"),
    () => call("revokeToken", { id: token?.id ?? "" }),
  ]) {
    t.like(await rpcErrorOf(attempt()), { code: status.UNAVAILABLE, reason: "DATABASE_UNAVAILABLE" });
  }
  t.truthy((await rpc.call("getLicenseInfo")).revision);
  await network.repair();
  t.is((await onceThere(() => call("listTokens"))).tokens.length, 2);
});

/** Repeats a call until the node has found its database again. */
async function onceThere<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RpcError && error.reason === "DATABASE_UNAVAILABLE")) throw error;
    }
  }
}
