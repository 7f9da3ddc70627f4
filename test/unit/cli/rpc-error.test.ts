import { type ServiceError as GrpcError, Metadata, status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, ErrorReason, PackageRefusal, Status } from "@license-service/contract";
import test from "ava";
import { readErrorDetails, toCliError } from "../../../src/cli/connection/rpc-error.ts";
import type { Settings } from "../../../src/cli/settings.ts";

const SETTINGS: Settings = {
  address: "127.0.0.1:50051",
  isLocal: true,
  transport: { kind: "plaintext" },
  token: undefined,
  tokenSearch: ["data/admin-token"],
  timeoutMs: 10_000,
};

interface Detail {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function errorWith(code: number, details: readonly Detail[] = [], message = "It is refused."): GrpcError {
  const metadata = new Metadata();
  const any = details.map(({ name, bytes }) => ({
    typeUrl: `type.googleapis.com/${name}`,
    value: Buffer.from(bytes),
  }));
  const bytes = Status.encode(Status.fromPartial({ code, message, details: any })).finish();
  if (details.length > 0) metadata.set("grpc-status-details-bin", Buffer.from(bytes));
  return Object.assign(new Error(message), { code, details: message, metadata });
}

function info(reason: string, metadata: Record<string, string> = {}, domain = "license.v1"): Detail {
  const bytes = ErrorInfo.encode(ErrorInfo.fromPartial({ reason, domain, metadata })).finish();
  return { name: "google.rpc.ErrorInfo", bytes };
}

test("a typed refusal keeps its reason, number, fields and every refusal of the package", (t) => {
  const fields = BadRequest.fromPartial({ fieldViolations: [{ field: "package", description: "is empty" }] });
  const refusal = PackageRefusal.fromPartial({
    refusals: [
      { fileName: "a.lic", reason: ErrorReason.OTHER_PLATFORM, message: "Not for here.", claim: "sub" },
      { fileName: "", reason: ErrorReason.BASE_MISSING, message: "No base.", claim: "" },
    ],
    total: 30,
  });
  const error = toCliError(
    errorWith(status.FAILED_PRECONDITION, [
      info("OTHER_PLATFORM", { code: "LICENSE.1016", revision: "7" }),
      { name: "google.rpc.BadRequest", bytes: BadRequest.encode(fields).finish() },
      { name: "license.v1.PackageRefusal", bytes: PackageRefusal.encode(refusal).finish() },
    ]),
    SETTINGS,
  );
  t.is(error.kind, "refused");
  t.is(error.message, "It is refused.");
  t.like(error.parts, {
    reason: "OTHER_PLATFORM",
    code: "LICENSE.1016",
    status: "FAILED_PRECONDITION",
    fields: [{ field: "package", description: "is empty" }],
    metadata: { revision: "7" },
    refusalTotal: 30,
  });
  t.deepEqual(error.parts.refusals, [
    { fileName: "a.lic", reason: "OTHER_PLATFORM", message: "Not for here.", claim: "sub" },
    { fileName: "", reason: "BASE_MISSING", message: "No base.", claim: "" },
  ]);
});

test("the kind of a failure follows the reason first, then the gRPC status", (t) => {
  const cases: ReadonlyArray<[number, string | undefined, string]> = [
    [status.UNAUTHENTICATED, "TOKEN_MISSING", "identity"],
    [status.UNAUTHENTICATED, undefined, "identity"],
    [status.PERMISSION_DENIED, "ROLE_NOT_ALLOWED", "identity"],
    [status.PERMISSION_DENIED, "TEST_VENDOR", "refused"],
    [status.INVALID_ARGUMENT, "INVALID_REQUEST", "refused"],
    [status.UNAVAILABLE, "DATABASE_UNAVAILABLE", "refused"],
    [status.UNAVAILABLE, "SHUTTING_DOWN", "unreachable"],
    [status.UNAVAILABLE, undefined, "unreachable"],
    [status.DEADLINE_EXCEEDED, undefined, "unreachable"],
    [status.UNIMPLEMENTED, undefined, "unreachable"],
    [status.UNIMPLEMENTED, "UNKNOWN_RPC", "refused"],
    [status.RESOURCE_EXHAUSTED, undefined, "refused"],
    [status.INTERNAL, "INTERNAL", "internal"],
    [status.INTERNAL, undefined, "internal"],
    [status.UNKNOWN, undefined, "internal"],
  ];
  for (const [code, reason, kind] of cases) {
    const error = toCliError(errorWith(code, reason === undefined ? [] : [info(reason)]), SETTINGS);
    t.is(error.kind, kind as typeof error.kind, `${status[code]} ${reason}`);
    t.is(error.parts.reason, reason ?? status[code]);
  }
});

test("a reason of another domain is not taken for ours", (t) => {
  const error = errorWith(status.UNAVAILABLE, [info("DATABASE_UNAVAILABLE", { a: "b" }, "googleapis.com")]);
  t.like(readErrorDetails(error), { reason: undefined, metadata: {} });
  t.is(toCliError(error, SETTINGS).kind, "unreachable");
});

test("details that do not decode count as absent", (t) => {
  const broken = { name: "google.rpc.ErrorInfo", bytes: new Uint8Array([0xff, 0xff, 0xff]) };
  t.is(toCliError(errorWith(status.NOT_FOUND, [broken]), SETTINGS).parts.reason, "NOT_FOUND");
  const error = errorWith(status.NOT_FOUND);
  error.metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff]));
  t.is(toCliError(error, SETTINGS).kind, "refused");
});

test("a reason that this program does not know is shown by its number", (t) => {
  const bytes = Uint8Array.from([0x0a, 0x03, 0x10, 0xcf, 0x0f]);
  const error = errorWith(status.INVALID_ARGUMENT, [{ name: "license.v1.PackageRefusal", bytes }]);
  t.is(readErrorDetails(error).refusals[0]?.reason, "#1999");
});

test("a refused identity says where a token was looked for, and never the token", (t) => {
  const error = errorWith(status.UNAUTHENTICATED, [info("TOKEN_MISSING")]);
  t.regex(toCliError(error, SETTINGS).parts.remedy ?? "", /--token-file.*data\/admin-token/);
  const token = { value: "secret", source: "/etc/token" };
  const withToken = toCliError(error, { ...SETTINGS, token });
  t.regex(withToken.parts.remedy ?? "", /\/etc\/token/);
  t.notRegex(JSON.stringify([withToken.message, withToken.parts]), /secret/);
});
