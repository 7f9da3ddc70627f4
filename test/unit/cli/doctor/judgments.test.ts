/** What checks conclude from what was seen, where no real part can be brought into that state quickly. */
import test from "ava";
import {
  type DatabaseFacts,
  judgeClock,
  judgeDatabase,
  judgeWritable,
} from "../../../../src/cli/doctor/database.ts";
import { judgeTokens } from "../../../../src/cli/doctor/tokens.ts";
import { DAY_MS } from "../../../../src/domain/license.ts";
import type { Role, TokenRow } from "../../../../src/store/types.ts";

const NOW = Date.parse("2026-03-04T05:06:07.000Z");

function facts(differences: Partial<DatabaseFacts>): DatabaseFacts {
  return {
    server: "db.example:5432",
    version: "16.4",
    login: "license",
    isReplica: false,
    isReadOnly: false,
    askedAt: NOW,
    answeredAt: NOW,
    databaseNow: NOW,
    roundTripMs: 1.25,
    ...differences,
  };
}

test("a database far away is a warning", (t) => {
  t.deepEqual(judgeDatabase(facts({})), {
    outcome: "ok",
    seen: "PostgreSQL 16.4 at db.example:5432, login license, round trip 1.3 ms",
  });
  t.is(judgeDatabase(facts({ roundTripMs: 501 })).outcome, "warn");
});

test("a replica and a read-only database fail, each for its own reason", (t) => {
  t.is(judgeWritable(facts({})).outcome, "ok");
  t.regex(judgeWritable(facts({ isReplica: true, isReadOnly: true })).seen, /replica.*pg_is_in_recovery/);
  t.regex(judgeWritable(facts({ isReadOnly: true })).seen, /default_transaction_read_only/);
});

test("a clock more than a minute off is a warning, more than an hour a failure", (t) => {
  const outcome = (databaseNow: number) => judgeClock(facts({ databaseNow })).outcome;
  t.is(outcome(NOW + 60_000), "ok");
  t.is(outcome(NOW + 60_001), "warn");
  t.is(outcome(NOW - 3_600_001), "fail");
  t.is(
    judgeClock(facts({ databaseNow: NOW - DAY_MS * 3 })).seen,
    "the clock here is 3 d ahead of the database's.",
  );
});

function token(name: string, role: Role, days: number | undefined): TokenRow {
  const expiresAt = days === undefined ? undefined : NOW + days * DAY_MS;
  return { id: name, name, role, sha256: "", createdAt: 0, expiresAt, revokedAt: undefined };
}

test("tokens of admins and services that end within 14 days are told of; those that have ended are not", (t) => {
  const admin = token("root", "admin", undefined);
  t.is(judgeTokens([admin, token("old", "service", -1), token("v", "viewer", 1)], NOW).outcome, "ok");
  t.is(judgeTokens([admin, token("later", "service", 15)], NOW).outcome, "ok");
  const soon = judgeTokens([admin, token("meter", "service", 14), token("bob", "admin", 1)], NOW);
  t.is(soon.outcome, "warn");
  t.regex(soon.seen, /^2 tokens .*: meter \(service\) at 2026-03-18T05:06:07Z, bob \(admin\) at 2026-03-05T/);
  t.regex(judgeTokens([token("old", "admin", -1)], NOW).seen, /No token of the role admin is in force/);
});
