import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import { createToken, hashToken, TOKEN_PATTERN } from "../../../src/identity/token.ts";
import { TokenTable } from "../../../src/identity/token-table.ts";
import type { TokenRow } from "../../../src/store/types.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");

function rowOf(token: string, parts: Partial<TokenRow> = {}): TokenRow {
  return {
    id: "token-1",
    name: "compute",
    role: "service",
    sha256: hashToken(token),
    createdAt: NOW,
    expiresAt: undefined,
    revokedAt: undefined,
    ...parts,
  };
}

function reasonOf(identify: () => unknown): string {
  try {
    identify();
  } catch (error) {
    if (error instanceof ServiceError) return error.reason;
    throw error;
  }
  return "none";
}

test("a new token has its form, 256 bits that no other has, and a hash that is SHA-256 in hex", (t) => {
  const token = createToken();
  t.regex(token, TOKEN_PATTERN);
  t.is(Buffer.from(token.slice(4), "base64url").length, 32);
  t.not(createToken(), token);
  t.is(hashToken("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("a known token is its identity, however the scheme is written", (t) => {
  const token = createToken();
  const table = new TokenTable();
  table.replace([rowOf(token)]);
  const identity = {
    id: "token-1",
    kind: "token" as const,
    name: "compute",
    role: "service" as const,
    expiresAt: undefined,
  };
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    t.deepEqual(table.identify(`${scheme} ${token}`, NOW), identity);
  }
});

test("no value, another scheme and an empty token are TOKEN_MISSING", (t) => {
  const table = new TokenTable();
  for (const value of [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    createToken(),
    "Bearer a b",
  ]) {
    t.is(
      reasonOf(() => table.identify(value, NOW)),
      "TOKEN_MISSING",
      value,
    );
  }
});

test("a malformed or foreign token is TOKEN_UNKNOWN", (t) => {
  const token = createToken();
  const table = new TokenTable();
  table.replace([rowOf(token)]);
  const others = [createToken(), `${token}A`, token.slice(0, -1), token.toUpperCase(), hashToken(token), "x"];
  for (const other of others)
    t.is(
      reasonOf(() => table.identify(`Bearer ${other}`, NOW)),
      "TOKEN_UNKNOWN",
      other,
    );
});

test("a token holds until just before its end", (t) => {
  const token = createToken();
  const table = new TokenTable();
  table.replace([rowOf(token, { expiresAt: NOW })]);
  t.is(
    reasonOf(() => table.identify(`Bearer ${token}`, NOW - 1)),
    "none",
  );
  t.is(
    reasonOf(() => table.identify(`Bearer ${token}`, NOW)),
    "TOKEN_EXPIRED",
  );
});

test("a revoked token is TOKEN_UNKNOWN, and so is the identity that it was", (t) => {
  const token = createToken();
  const table = new TokenTable();
  table.replace([rowOf(token)]);
  const identity = table.identify(`Bearer ${token}`, NOW);
  t.is(table.refusalOf(identity, NOW), undefined);
  table.replace([rowOf(token, { revokedAt: NOW })]);
  t.is(
    reasonOf(() => table.identify(`Bearer ${token}`, NOW)),
    "TOKEN_UNKNOWN",
  );
  t.is(table.refusalOf(identity, NOW)?.reason, "TOKEN_UNKNOWN");
  table.replace([]);
  t.is(table.refusalOf(identity, NOW)?.reason, "TOKEN_UNKNOWN");
});

test("an identity ends with its token, also when the end was set later", (t) => {
  const token = createToken();
  const table = new TokenTable();
  table.replace([rowOf(token)]);
  const identity = table.identify(`Bearer ${token}`, NOW);
  table.replace([rowOf(token, { expiresAt: NOW + 1 })]);
  t.is(table.refusalOf(identity, NOW), undefined);
  t.is(table.refusalOf(identity, NOW + 1)?.reason, "TOKEN_EXPIRED");
});

test("threat 32: no error repeats the token", (t) => {
  const token = createToken();
  const table = new TokenTable();
  table.replace([rowOf(token, { expiresAt: NOW })]);
  for (const value of [`Bearer ${token}`, `Bearer ${createToken()}`, `Basic ${token}`]) {
    const error = t.throws(() => table.identify(value, NOW), { instanceOf: ServiceError });
    t.false(JSON.stringify([error?.message, error?.metadata, error?.fields]).includes(value.slice(7, 20)));
  }
});
