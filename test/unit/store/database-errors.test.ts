import test from "ava";
import { DatabaseError } from "pg";
import { ServiceError } from "../../../src/errors.ts";
import { inDatabase } from "../../../src/store/database-errors.ts";

function sent(code: string): DatabaseError {
  return Object.assign(new DatabaseError("as the server says", 0, "error"), { code, severity: "ERROR" });
}

function local(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const UNAVAILABLE: [name: string, error: Error][] = [
  ["connection failure", sent("08006")],
  ["admin shutdown", sent("57P01")],
  ["starting up", sent("57P03")],
  ["statement timeout", sent("57014")],
  ["lock timeout", sent("55P03")],
  ["too many connections", sent("53300")],
  ["disk full", sent("53100")],
  ["idle in transaction too long", sent("25P03")],
  ["a primary that became a replica", sent("25006")],
  ["deadlock", sent("40P01")],
  ["password changed", sent("28P01")],
  ["database dropped", sent("3D000")],
  ["refused", local("connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED")],
  ["reset, in a statement", local("select 1 - read ECONNRESET", "ECONNRESET")],
  ["no socket", local("connect ENOENT /tmp/.s.PGSQL.5432", "ENOENT")],
  [
    "every address refused",
    Object.assign(new AggregateError([local("a"), local("b")], "a and b"), { code: "ECONNREFUSED" }),
  ],
  ["terminated", local("select 1 - Connection terminated unexpectedly")],
  ["not queryable", local("ROLLBACK - Client has encountered a connection error and is not queryable")],
  ["connect timeout", local("timeout expired")],
  ["read timeout", local("select 1 - Query read timeout")],
  ["pool exhausted", local("Knex: Timeout acquiring a connection. The pool is probably full.")],
  ["pool destroyed", local("Unable to acquire a connection")],
];

for (const [name, error] of UNAVAILABLE) {
  test(`DATABASE_UNAVAILABLE, with the error in the private half: ${name}`, async (t) => {
    const thrown = await t.throwsAsync(
      inDatabase(() => Promise.reject(error)),
      { instanceOf: ServiceError },
    );
    t.is(thrown?.reason, "DATABASE_UNAVAILABLE");
    t.is(thrown?.cause, error);
    t.true((thrown?.retryAfterMs ?? 0) > 0);
    t.false(thrown?.message.includes(error.message));
  });
}

test("refusals and defects stay what they are", async (t) => {
  for (const error of [
    new ServiceError("BASE_MISSING", "refused"),
    sent("23505"),
    sent("42703"),
    sent("22P02"),
    new TypeError("x is not a function"),
    local("a customer named Connection terminated"),
    new RangeError("Invalid time value"),
    local("bad argument", "ERR_INVALID_ARG_TYPE"),
  ]) {
    t.is(await t.throwsAsync(inDatabase(() => Promise.reject(error))), error);
  }
});
