import test from "ava";
import fc from "fast-check";
import { ServiceError } from "../../../src/errors.ts";
import { readPageToken, toPageToken } from "../../../src/store/page-token.ts";
import { RECORD_SORTS, type RecordOrder, SORT_DIRECTIONS } from "../../../src/store/record-order.ts";

const UPLOADED: RecordOrder = { sortBy: "uploaded", direction: "descending" };
const EXPIRED: RecordOrder = { sortBy: "expired", direction: "ascending" };
const ID = "0b4e1c5e-8a3f-4b1d-9c2e-000000000001";

function encode(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

test("a token reads back as the position that it was made from", (t) => {
  const order = fc.record({
    sortBy: fc.constantFrom(...RECORD_SORTS),
    direction: fc.constantFrom(...SORT_DIRECTIONS),
  });
  const at = fc.integer({ min: 0, max: 253_402_300_799_999 });
  fc.assert(
    fc.property(order, at, fc.uuid(), (order, at, id) => {
      t.deepEqual(readPageToken(toPageToken(order, { at, id }), order), { at, id });
    }),
  );
  t.deepEqual(readPageToken(toPageToken(EXPIRED, { at: undefined, id: ID }), EXPIRED), {
    at: undefined,
    id: ID,
  });
});

test("a token needs no escaping in a URL", (t) => {
  t.regex(toPageToken(UPLOADED, { at: 0, id: ID }), /^[A-Za-z0-9_-]+$/);
});

test("what this service did not give is refused, whatever it is", (t) => {
  const good = { by: "uploaded", to: "descending", at: 0, id: ID };
  const bad = [
    "%",
    "AAAA",
    "x".repeat(1_000_000),
    encode(null),
    encode([]),
    encode({ ...good, more: 1 }),
    encode({ ...good, at: 0.5 }),
    encode({ ...good, at: "0" }),
    encode({ ...good, at: null }),
    encode({ ...good, at: 1e16 }),
    encode({ ...good, at: -1e15 }),
    encode({ ...good, id: "'; drop table licenses" }),
    encode({ ...good, by: "ends_at" }),
  ];
  for (const token of bad) {
    const error = t.throws(
      () => readPageToken(token, UPLOADED),
      { instanceOf: ServiceError },
      token.slice(0, 80),
    );
    t.is(error?.reason, "INVALID_REQUEST");
    t.deepEqual(
      error?.fields.map(({ field }) => field),
      ["page_token"],
    );
    t.true((error?.message.length ?? 0) < 120);
  }
  t.notThrows(() => readPageToken(encode(good), UPLOADED));
});

test("threat 7: no bytes crash the reading of a token", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((json) => Buffer.from(json).toString("base64url")),
      ),
      (token) => {
        t.throws(() => readPageToken(token, UPLOADED), { instanceOf: ServiceError });
      },
    ),
  );
});

test("a token of another order is refused and says so", (t) => {
  const token = toPageToken(UPLOADED, { at: 0, id: ID });
  for (const order of [EXPIRED, { ...UPLOADED, direction: "ascending" } as const]) {
    t.throws(() => readPageToken(token, order), { message: /another order/ });
  }
});
