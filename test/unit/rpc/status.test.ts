import { readFileSync } from "node:fs";
import { Metadata, status } from "@grpc/grpc-js";
import {
  BadRequest,
  ErrorInfo,
  ErrorReason,
  PackageRefusal,
  RetryInfo,
  Status,
} from "@license-service/contract";
import test from "ava";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { ServiceError } from "../../../src/errors.ts";
import { DETAILS_KEY, reasonOf, statusOf } from "../../../src/rpc/status.ts";
import { STATUS_CODES } from "../../../src/rpc/status-codes.ts";

function read(error: unknown) {
  const found = statusOf(error, "request-1");
  const [bytes] = found.metadata.get(DETAILS_KEY);
  const outer = Status.decode(bytes as Buffer);
  const find = (name: string) =>
    outer.details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/${name}`)?.value;
  const decode = <T>(name: string, decodeOne: (bytes: Uint8Array) => T): T | undefined => {
    const value = find(name);
    return value && decodeOne(value);
  };
  return {
    found,
    outer,
    info: decode("google.rpc.ErrorInfo", (value) => ErrorInfo.decode(value)),
    badRequest: decode("google.rpc.BadRequest", (value) => BadRequest.decode(value)),
    retry: decode("google.rpc.RetryInfo", (value) => RetryInfo.decode(value)),
    refusal: decode("license.v1.PackageRefusal", (value) => PackageRefusal.decode(value)),
  };
}

/** What the trailers weigh on the wire: percent-encoded message, base64 details. */
function wireBytes(found: ReturnType<typeof read>["found"]): number {
  const [bytes] = found.metadata.get(DETAILS_KEY);
  return encodeURI(found.details).length + Math.ceil((bytes as Buffer).length / 3) * 4;
}

const PROTO = readFileSync(new URL("../../../proto/license/v1/errors.proto", import.meta.url), "utf8");

test("every reason has the gRPC code that its comment in the contract begins with", (t) => {
  const stated = [
    ...PROTO.matchAll(/\/\/ ([A-Z_]+)\. [^\n]*\n(?: *\/\/[^\n]*\n)* *ERROR_REASON_([A-Z_]+) = \d+;/g),
  ];
  const codes = Object.fromEntries(stated.map(([, code, reason]) => [reason, code]));
  t.is(stated.length, Object.keys(ErrorReason).length - 1);
  t.deepEqual(
    Object.fromEntries(Object.entries(STATUS_CODES).map(([reason, code]) => [reason, status[code]])),
    codes,
  );
});

test("AP-4: an error carries reason, domain, the globally unique code and its metadata", (t) => {
  const { found, outer, info } = read(
    new ServiceError("NOT_FOUND", "No such license.", { metadata: { id: "7" } }),
  );
  t.is(found.code, status.NOT_FOUND);
  t.is(found.details, "No such license.");
  t.is(outer.code, status.NOT_FOUND);
  t.is(outer.message, "No such license.");
  t.deepEqual(info, {
    reason: "NOT_FOUND",
    domain: "license.v1",
    metadata: { id: "7", code: "LICENSE.1032" },
  });
});

test("the first bytes of an error on the wire are these", (t) => {
  const { found } = read(new ServiceError("TOKEN_MISSING", "x"));
  const [bytes] = found.metadata.get(DETAILS_KEY);
  const info =
    "0a0d544f4b454e5f4d495353494e47120a6c6963656e73652e76311a140a04636f6465120c4c4943454e53452e33303031";
  const any = `0a28${Buffer.from("type.googleapis.com/google.rpc.ErrorInfo").toString("hex")}1231${info}`;
  t.is((bytes as Buffer).toString("hex"), `08101201781a5d${any}`);
});

test("fields at fault travel as BadRequest, a time to wait as RetryInfo", (t) => {
  const fields = [{ field: "limit", description: "is not from 1 to 1000" }];
  const { badRequest, retry } = read(
    new ServiceError("INVALID_REQUEST", "x", { fields, retryAfterMs: 1_250 }),
  );
  t.is(badRequest?.fieldViolations[0]?.field, "limit");
  t.is(badRequest?.fieldViolations[0]?.description, "is not from 1 to 1000");
  t.deepEqual(retry?.retryDelay, { seconds: 1n, nanos: 250_000_000 });
});

test("all refusals of a package travel, the deciding one first", (t) => {
  const refusals: Refusal[] = [
    { reason: "EDITION_CONFLICT", message: "first", fileName: "a.lic", claim: "edition" },
    { reason: "BASE_MISSING", message: "second" },
  ];
  const { refusal } = read(new ServiceError("EDITION_CONFLICT", "first", { refusals }));
  t.deepEqual(refusal, {
    refusals: [
      { reason: ErrorReason.EDITION_CONFLICT, message: "first", fileName: "a.lic", claim: "edition" },
      { reason: ErrorReason.BASE_MISSING, message: "second", fileName: "", claim: "" },
    ],
    total: 2,
  });
});

test("threat 4: the largest error still fits into trailers of 8 KiB, and says how much it left out", (t) => {
  const refusals = Array.from(
    { length: 5000 },
    (): Refusal => ({
      reason: "ARCHIVE_INVALID",
      message: "許".repeat(100_000),
      fileName: "f".repeat(100_000),
    }),
  );
  const fields = Array.from({ length: 1000 }, () => ({
    field: "許".repeat(1000),
    description: "許".repeat(1000),
  }));
  const metadata = { name: "許".repeat(10_000) };
  for (const parts of [{ refusals }, { fields }, { metadata }, { refusals, fields, metadata }]) {
    const { found, info, refusal } = read(new ServiceError("ARCHIVE_INVALID", "許".repeat(100_000), parts));
    t.true(wireBytes(found) < 7 * 1024, `${wireBytes(found)} bytes`);
    t.is(info?.reason, "ARCHIVE_INVALID");
    t.is(refusal?.total, "refusals" in parts ? 5000 : undefined);
    t.true(found.details.endsWith("許…"));
    t.true(encodeURI(found.details).length > 1000);
  }
});

test("a refusal of common size is not cut: twenty of them are sent whole", (t) => {
  const refusals = Array.from(
    { length: 25 },
    (_, index): Refusal => ({
      reason: "NOT_A_LICENSE",
      message: "This is not a license.",
      fileName: `${index}.lic`,
    }),
  );
  const { refusal } = read(new ServiceError("NOT_A_LICENSE", "This is not a license.", { refusals }));
  t.is(refusal?.refusals.length, 20);
  t.is(refusal?.refusals[19]?.fileName, "19.lic");
  t.is(refusal?.total, 25);
});

test("a message with half a character in it can be sent", (t) => {
  const { found } = read(new ServiceError("INVALID_REQUEST", "half \ud83d of a smile"));
  t.is(encodeURI(found.details), "half%20%EF%BF%BD%20of%20a%20smile");
});

test("threat 1: an unknown error is INTERNAL and tells nothing but the request id", (t) => {
  const secret = new Error("password authentication failed for user license on 10.1.2.3");
  for (const thrown of [secret, "text", undefined, { code: 5, details: "from somewhere" }]) {
    const { found, info } = read(thrown);
    t.is(found.code, status.INTERNAL);
    t.is(found.details, "The server met a defect. Its log has more under request id request-1.");
    t.deepEqual(info?.metadata, { code: "LICENSE.4999", request_id: "request-1" });
  }
});

test("threat 1: the private half of an error does not travel", (t) => {
  const cause = new Error("relation tokens");
  const { found } = read(new ServiceError("DATABASE_UNAVAILABLE", "Away.", { cause }));
  t.notRegex(JSON.stringify(found) + found.metadata.get(DETAILS_KEY).join(), /tokens|stack|cause/);
});

test("the reason of a status can be told from its metadata, for the log", (t) => {
  t.is(reasonOf(statusOf(new ServiceError("NOT_FOUND", "x"), "1").metadata), "NOT_FOUND");
  t.is(reasonOf(new Metadata()), undefined);
  t.is(reasonOf(null), undefined);
});
