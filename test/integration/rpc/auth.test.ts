import { connect, constants } from "node:http2";
import { status } from "@grpc/grpc-js";
import {
  GetLicenseInfoRequest,
  LicenseServiceService,
  Revision,
  UploadLicenseRequest,
} from "@license-service/contract";
import test from "ava";
import { createToken } from "../../../src/identity/token.ts";
import { RPC_ROLES } from "../../../src/rpc/roles.ts";
import { ROLES } from "../../../src/store/types.ts";
import { RpcError } from "../../helpers/rpc-error.ts";
import { startTokenService, type TokenService } from "../../helpers/token-service.ts";

const METHODS = Object.values(LicenseServiceService);
const INFO = LicenseServiceService.getLicenseInfo.path;
const UPLOAD = LicenseServiceService.uploadLicense.path;
const WATCH = LicenseServiceService.watchLicenseCapabilities.path;

/** Reasons by which the guard turns a call away. */
const GUARDED = ["TOKEN_MISSING", "TOKEN_UNKNOWN", "TOKEN_EXPIRED", "ROLE_NOT_ALLOWED"];

/** Why the guard turned a call away; "passed": it did not, whatever the handler answered. */
async function outcomeOf(
  rpc: TokenService,
  method: (typeof METHODS)[number],
  authorization: string | undefined,
): Promise<string> {
  if (!method.responseStream) {
    const { error } = await rpc.call(method.path, authorization);
    return error instanceof RpcError && GUARDED.includes(error.reason) ? error.reason : "passed";
  }
  const stream = rpc.stream(method.path, authorization);
  return Promise.race([stream.next().then(() => "passed"), stream.ended().then(({ reason }) => reason)]);
}

test("threats 1, 2: every RPC of the contract by every kind of caller", async (t) => {
  const rpc = await startTokenService(t);
  const strangers = [
    { authorization: undefined, reason: "TOKEN_MISSING" },
    { authorization: "", reason: "TOKEN_MISSING" },
    { authorization: `Basic ${rpc.tokens.admin.text}`, reason: "TOKEN_MISSING" },
    { authorization: rpc.tokens.admin.text, reason: "TOKEN_MISSING" },
    { authorization: "Bearer lst_short", reason: "TOKEN_UNKNOWN" },
    { authorization: `Bearer ${createToken()}`, reason: "TOKEN_UNKNOWN" },
    { authorization: `Bearer ${rpc.tokens.expired.text}`, reason: "TOKEN_EXPIRED" },
  ];
  for (const method of METHODS) {
    for (const { authorization, reason } of strangers) {
      t.is(
        await outcomeOf(rpc, method, authorization),
        reason,
        `${method.path} by "${authorization?.slice(0, 12)}"`,
      );
    }
    for (const role of ROLES) {
      const expected = RPC_ROLES[method.path]?.includes(role) ? "passed" : "ROLE_NOT_ALLOWED";
      const outcome = await outcomeOf(rpc, method, `Bearer ${rpc.tokens[role].text}`);
      t.is(outcome, expected, `${method.path} by ${role}`);
    }
  }
});

test("the codes are UNAUTHENTICATED for a bad token and PERMISSION_DENIED for a wrong role", async (t) => {
  const rpc = await startTokenService(t);
  const unknown = await rpc.call(UPLOAD, undefined);
  t.like(unknown.error, { code: status.UNAUTHENTICATED, reason: "TOKEN_MISSING" });
  const denied = await rpc.call(UPLOAD, `Bearer ${rpc.tokens.viewer.text}`);
  t.like(denied.error, { code: status.PERMISSION_DENIED, reason: "ROLE_NOT_ALLOWED" });
  t.regex(denied.error?.message ?? "", /role viewer may not call this RPC; it takes admin/);
});

test("threat 1: nothing of the platform is in what a stranger is answered", async (t) => {
  const rpc = await startTokenService(t);
  const known = await rpc.call(INFO, `Bearer ${rpc.tokens.admin.text}`);
  t.truthy(known.answer);
  for (const { path } of METHODS) {
    const { error, answer, metadata } = await rpc.call(path, `Bearer ${createToken()}`);
    t.is(answer, undefined);
    const told = JSON.stringify([error?.message, metadata.toJSON()]);
    t.false(told.includes(rpc.service.platformId), path);
    t.false(told.includes(rpc.service.dataDirectory), path);
    t.true(told.length < 1000, path);
  }
});

test("threat 28: a stranger is turned away by the metadata alone, without his message being read", async (t) => {
  const rpc = await startTokenService(t);
  const large = await rpc.call(UPLOAD, undefined, Buffer.alloc(20 * 1024 * 1024));
  t.like(large.error, { code: status.UNAUTHENTICATED, reason: "TOKEN_MISSING" });
  // By hand: headers, and never a message.
  const session = connect(`http://${rpc.service.address}`);
  t.teardown(() => session.destroy());
  const call = session.request(
    { ":method": "POST", ":path": UPLOAD, "content-type": "application/grpc", te: "trailers" },
    { endStream: false },
  );
  const headers = await new Promise<Record<string, unknown>>((resolve) => call.once("response", resolve));
  t.is(headers["grpc-status"], String(status.UNAUTHENTICATED));
  call.close(constants.NGHTTP2_CANCEL);
});

test("threat 28: a message above the limit is RESOURCE_EXHAUSTED with its reason, compressed or not", async (t) => {
  const rpc = await startTokenService(t);
  const admin = `Bearer ${rpc.tokens.admin.text}`;
  const request = Buffer.from(UploadLicenseRequest.encode(upload(5 * 1024 * 1024)).finish());
  const expected = { code: status.RESOURCE_EXHAUSTED, reason: "REQUEST_TOO_LARGE" };
  t.like((await rpc.call(UPLOAD, admin, request)).error, expected);
  const client = rpc.client({ "grpc.default_compression_algorithm": 2 });
  t.like((await rpc.call(UPLOAD, admin, request, { client })).error, expected);
  t.like((await rpc.call(INFO, admin, Buffer.alloc(100_000, 0x0a))).error, expected);
});

test("a package just above its own limit is refused by the rule for packages", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--package-max-bytes", "2048"] });
  const request = Buffer.from(UploadLicenseRequest.encode(upload(2049)).finish());
  const { error } = await rpc.call(UPLOAD, `Bearer ${rpc.tokens.admin.text}`, request);
  t.like(error, { code: status.INVALID_ARGUMENT, reason: "PACKAGE_TOO_LARGE" });
});

function upload(bytes: number): UploadLicenseRequest {
  return { package: Buffer.alloc(bytes, 0x61), validateOnly: true };
}

test("threat 7: bytes that are no message of the RPC are INVALID_REQUEST", async (t) => {
  const rpc = await startTokenService(t);
  const admin = `Bearer ${rpc.tokens.admin.text}`;
  for (const bytes of ["ff", "0aff", "0a05", "0f", "2205ffffffffff", "0b0b0b0b"]) {
    const { error } = await rpc.call(INFO, admin, Buffer.from(bytes, "hex"));
    t.like(error, { code: status.INVALID_ARGUMENT, reason: "INVALID_REQUEST" }, bytes);
  }
  const stream = rpc.stream(WATCH, admin, Buffer.from("ff", "hex"));
  t.like(await stream.ended(), { code: status.INVALID_ARGUMENT, reason: "INVALID_REQUEST" });
});

test("an unknown RPC is UNKNOWN_RPC to a known caller, and tells a stranger nothing", async (t) => {
  const rpc = await startTokenService(t);
  for (const path of [
    "/license.v1.LicenseService/Nope",
    "/no.Such/Thing",
    `/x\u0001/${"y".repeat(4000)}`,
    "/__proto__/get",
  ]) {
    const safe = encodeURI(path);
    const known = await rpc.call(safe, `Bearer ${rpc.tokens.service.text}`);
    t.like(known.error, { code: status.UNIMPLEMENTED, reason: "UNKNOWN_RPC" }, path.slice(0, 40));
    t.true((known.error?.message.length ?? 0) < 200);
    const stranger = await rpc.call(safe, undefined);
    t.like(stranger.error, { code: status.UNAUTHENTICATED, reason: "TOKEN_MISSING" }, path.slice(0, 40));
  }
});

test("an error names the request: by the caller's id if it is a sane one, by an own one otherwise", async (t) => {
  const rpc = await startTokenService(t);
  const idOf = async (offered: string) => {
    const { metadata } = await rpc.call(INFO, undefined, undefined, {
      metadata: { "x-request-id": offered },
    });
    return String(metadata.get("x-request-id")[0]);
  };
  t.is(await idOf("order-66:a.b_c"), "order-66:a.b_c");
  for (const bad of ["a b", "x".repeat(65), '"quoted"', "<script>"]) {
    const id = await idOf(bad);
    t.not(id, bad);
    t.regex(id, /^[0-9a-f]{12}-[0-9a-z]+$/);
  }
  t.not(await idOf(""), await idOf(""));
});

test("a revoked token ends the watches that it opened, and no others", async (t) => {
  const rpc = await startTokenService(t, { flags: ["--revision-poll-ms", "100"] });
  const revoked = rpc.stream(WATCH, `Bearer ${rpc.tokens.viewer.text}`);
  const other = rpc.stream(WATCH, `Bearer ${rpc.tokens.service.text}`);
  await Promise.all([revoked.next(), other.next()]);
  await rpc.revoke(rpc.tokens.viewer);
  t.like(await revoked.ended(), { code: status.UNAUTHENTICATED, reason: "TOKEN_UNKNOWN" });
  const { error } = await rpc.call(INFO, `Bearer ${rpc.tokens.viewer.text}`);
  t.like(error, { reason: "TOKEN_UNKNOWN" });
  await rpc.service.stop();
  t.like(await other.ended(), { code: status.UNAVAILABLE, reason: "SHUTTING_DOWN" });
});

test("a token that expires ends its watches", async (t) => {
  const viewerExpiresAt = Date.now() + 3_600_000;
  const rpc = await startTokenService(t, { flags: ["--revision-poll-ms", "100"], viewerExpiresAt });
  const stream = rpc.stream(WATCH, `Bearer ${rpc.tokens.viewer.text}`);
  await stream.next();
  rpc.clock.jump(3_600_000);
  t.like(await stream.ended(), { code: status.UNAUTHENTICATED, reason: "TOKEN_EXPIRED" });
});

test("every call is one line of the log: RPC, code, reason, time, identity and request id", async (t) => {
  const rpc = await startTokenService(t);
  const metadata = { "x-request-id": "call-7" };
  await rpc.call(UPLOAD, `Bearer ${rpc.tokens.viewer.text}`, undefined, { metadata });
  const lines = rpc.lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === "call-7");
  t.is(lines.length, 1);
  t.like(lines[0], {
    rpc: UPLOAD,
    code: "PERMISSION_DENIED",
    reason: "ROLE_NOT_ALLOWED",
    identity: "viewer",
    msg: "call",
  });
  t.is(typeof lines[0].ms, "number");
});

test("a caller who goes away, and one whose deadline passes, are lines of the log as well", async (t) => {
  const rpc = await startTokenService(t);
  const stream = rpc.stream(WATCH, `Bearer ${rpc.tokens.service.text}`);
  await stream.next();
  stream.cancel();
  await stream.ended();
  const { answer } = await rpc.call(INFO, `Bearer ${rpc.tokens.admin.text}`);
  const { revision } = LicenseServiceService.getLicenseInfo.responseDeserialize(answer ?? Buffer.alloc(0));
  const later = Revision.create({ ...revision, revision: 1_000_000n });
  const request = Buffer.from(
    GetLicenseInfoRequest.encode(GetLicenseInfoRequest.create({ minRevision: later })).finish(),
  );
  const late = await rpc.call(INFO, `Bearer ${rpc.tokens.admin.text}`, request, { deadlineMs: 100 });
  t.like(late.error, { code: status.DEADLINE_EXCEEDED });
  await rpc.service.stop();
  const codes = rpc.lines
    .map((line) => JSON.parse(line))
    .flatMap(({ rpc: path, code }) => (code ? `${path} ${code}` : []));
  t.true(codes.includes(`${WATCH} CANCELLED`));
  t.true([`${INFO} DEADLINE_EXCEEDED`, `${INFO} CANCELLED`].some((line) => codes.includes(line)));
});

test("threats 27, 32: names are escaped in the log, and no token is in it", async (t) => {
  const viewerName = "eve\r\n\u001b[31mlevel=fatal\u202e\u2028";
  const rpc = await startTokenService(t, { viewerName });
  for (const { path } of METHODS) await rpc.call(path, `Bearer ${rpc.tokens.viewer.text}`);
  await rpc.call(INFO, `Bearer ${createToken()}`);
  await rpc.call(`/x/${encodeURI("\u001b[31m\u202e")}`, `Bearer ${rpc.tokens.viewer.text}`);
  const log = rpc.lines.join("");
  t.regex(log, /eve\\\\u\{d\}\\\\u\{a\}/);
  t.false(log.includes("lst_"));
  for (const line of rpc.lines) t.notRegex(line.trimEnd(), /[\p{Cc}\p{Cf}\u2028]|\\u001b|\\r|\\n/u);
});
