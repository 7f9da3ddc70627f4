import test from "ava";
import { makeLicense, openTestStore } from "./fixtures.ts";

const COPY_LICENSE = `
  insert into licenses
  select (jsonb_populate_record(l, jsonb_build_object(
      'id', gen_random_uuid(), 'jti', 'another', 'upload_sequence', 1000) || :changes::jsonb)).* from licenses l`;

const COPY_RECORD = `
  insert into license_records
  select (jsonb_populate_record(r, jsonb_build_object(
      'id', gen_random_uuid(), 'license_id', gen_random_uuid(), 'upload_sequence', 1000) || :changes::jsonb)).*
    from license_records r`;

const REFUSED: [table: "licenses" | "license_records", changes: object, constraint: string][] = [
  ["licenses", { ends_at: "2026-01-01T00:00:00Z" }, "license_window_is_not_empty"],
  ["licenses", { ends_at: "infinity" }, "instant_is_finite"],
  ["licenses", { issued_at: "2026-01-01T00:00:00.0001Z" }, "instant_is_whole_milliseconds"],
  ["licenses", { upload_sequence: 1 }, "license_upload_sequence_is_unique"],
  ["licenses", { upload_sequence: 0 }, "license_upload_sequence_is_safe"],
  ["licenses", { upload_sequence: "9007199254740992" }, "license_upload_sequence_is_safe"],
  ["licenses", { jti: "number-1" }, "license_number_is_unique"],
  ["licenses", { jti: "j".repeat(1025) }, "license_number_fits_its_index"],
  ["licenses", { term: "lifelong" }, "license_term_is_known"],
  ["licenses", { method: "by-phone" }, "license_method_is_known"],
  ["licenses", { method: "usb-key" }, "license_names_its_key"],
  ["licenses", { usb_key_id: "key-1" }, "license_names_its_key"],
  ["licenses", { signed_bytes: "" }, "license_has_signed_bytes"],
  [
    "licenses",
    { uploaded_by_node_id: "00000000-0000-0000-0000-000000000000" },
    "licenses_uploaded_by_node_id_fkey",
  ],
  ["license_records", { disposition: "lost" }, "record_disposition_is_known"],
  ["license_records", { quotas: [] }, "record_quotas_is_object"],
  ["license_records", { upload_sequence: 1 }, "record_upload_sequence_is_unique"],
  ["license_records", { ends_at: "2025-01-01T00:00:00Z" }, "record_window_is_not_empty"],
];

test("LI-2, LI-5, threat 29: the schema itself refuses rows that no license can have", async (t) => {
  const { knex, store, install } = await openTestStore(t);
  await install(makeLicense({ jti: "number-1" }));
  for (const [table, changes, constraint] of REFUSED) {
    const insertion = knex.raw(table === "licenses" ? COPY_LICENSE : COPY_RECORD, {
      changes: JSON.stringify(changes),
    });
    await t.throwsAsync(insertion, { message: new RegExp(`"${constraint}"`) }, constraint);
  }
  await knex.raw(COPY_LICENSE, { changes: "{}" });
  await knex.raw(COPY_RECORD, { changes: "{}" });
  t.is((await store.loadState()).licenses.length, 2);
});

test("a license has at most one record that says it is installed", async (t) => {
  const { knex, install } = await openTestStore(t);
  const { result } = await install();
  const insertion = knex.raw(COPY_RECORD, { changes: JSON.stringify({ license_id: result.id }) });
  await t.throwsAsync(insertion, { message: /"license_records_installed"/ });
});

test("the rows that are alone in their table stay alone", async (t) => {
  const { knex } = await openTestStore(t);
  for (const table of ["store", "platform", "license_record_total", "usb_state", "usb_scan_requests"]) {
    await t.throwsAsync(knex.raw(`insert into ${table} select * from ${table}`), {
      message: new RegExp(`"${table}_pkey"`),
    });
    await t.throwsAsync(knex.raw(`update ${table} set is_only = false`), {
      message: new RegExp(`"${table}_has_one_row"`),
    });
  }
});

test("threat 32: the schema takes no token but a hash", async (t) => {
  const { knex } = await openTestStore(t);
  const token = { id: knex.raw("gen_random_uuid()"), name: "a", role: "admin", created_at: "2026-01-01Z" };
  for (const [changes, constraint] of [
    [{ sha256: "a secret" }, "token_is_hashed"],
    [{ sha256: "0".repeat(64), role: "root" }, "token_role_is_known"],
    [{ sha256: "0".repeat(64), expires_at: "2025-01-01Z" }, "token_ends_after_its_start"],
    [{ sha256: "0".repeat(64), name: "" }, "token_has_name"],
  ] as const) {
    await t.throwsAsync(knex("tokens").insert({ ...token, ...changes }), {
      message: new RegExp(`"${constraint}"`),
    });
  }
});
