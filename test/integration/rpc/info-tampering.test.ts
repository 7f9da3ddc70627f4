/** Somebody edits the database by hand: whatever column it is, no right widens. */

import {
  type Alert,
  AlertKind,
  AlertSeverity,
  type Capability,
  type GetLicenseCapabilitiesResponse,
} from "@license-service/contract";
import test from "ava";
import { EMULATED, licenseFor, makeKey, plugKey, withBlob } from "../../helpers/emulated-keys.ts";
import { type RpcService, startRpcService, type Teardown } from "../../helpers/rpc-service.ts";

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  readonly data_type: string;
}

/** What is tried on a column, by its type. */
const EDITS: Readonly<Record<string, readonly string[]>> = {
  uuid: ["gen_random_uuid()"],
  text: ["reverse(:column)", ":column || 'A'", "''", "null"],
  bigint: [":column + 1", ":column + 1000", "9007199254740991", "0"],
  "timestamp with time zone": [":column + interval '10 years'", ":column - interval '10 years'", "null"],
  boolean: ["false"],
  jsonb: [`'{"cpus": "1000000"}'`],
};

/** Columns that rights come from: an edit must show. */
const CARRIES_RIGHTS = new Set([
  "licenses.id",
  "licenses.signed_bytes",
  "licenses.upload_sequence",
  "licenses.sequence_jws",
  "platform.first_start_at",
  "platform.first_start_jws",
]);

/**
 * Columns whose edit takes the history of the USB keys away, also by a revision that is too low for it: it shows until
 * the next look at the ports, which goes on from the last history that was seen.
 */
const SHOWS_FOR_A_WHILE = new Set(["usb_state.document", "store.revision"]);

/** An edit that the schema lets through, or `undefined`: a constraint refuses it. Foreign keys are off for it. */
async function edit(rpc: RpcService, { table_name, column_name }: Column, value: string): Promise<boolean> {
  const set = `"${column_name}" = ${value.replaceAll(":column", `"${column_name}"`)}`;
  const target = table_name === "licenses" ? "where jti = 'base-1'" : "";
  return rpc.query(`set session_replication_role = replica; update ${table_name} set ${set} ${target}`).then(
    () => true,
    () => false,
  );
}

/** Puts the rows back as they were saved. */
async function restore(rpc: RpcService, table: string): Promise<void> {
  const statements = [
    "set session_replication_role = replica",
    `delete from ${table}`,
    `insert into ${table} select * from saved`,
    "drop table saved",
  ];
  await rpc.query(statements.join("; "));
}

/** A row that is not as it was signed; that the history of the keys was once written anew is told less loudly, and for long. */
function isOfRow({ kind, severity }: Alert): boolean {
  return kind === AlertKind.TAMPERED_ROW && severity === AlertSeverity.CRITICAL;
}

async function untilNothingShows(rpc: RpcService): Promise<void> {
  for (;;) {
    await rpc.call("reloadLicense");
    const { alerts } = await rpc.call("getLicenseInfo");
    if (!alerts.some(isOfRow)) return;
  }
}

/** Names of capabilities that may do more than before. */
function widened(
  before: GetLicenseCapabilitiesResponse,
  after: GetLicenseCapabilitiesResponse,
): readonly string[] {
  const now = new Map(after.capabilities.map((capability) => [capability.key, capability]));
  return before.capabilities
    .filter((capability) => isWider(capability, now.get(capability.key)))
    .map(({ key }) => key);
}

function isWider(before: Capability, after: Capability | undefined): boolean {
  if (after === undefined) return false;
  if (after.operations.some((operation) => !before.operations.includes(operation))) return true;
  const lastsLonger = (after.expireTime?.getTime() ?? Infinity) > (before.expireTime?.getTime() ?? Infinity);
  return lastsLonger && after.operations.length >= before.operations.length && after.licenseIds.length > 0;
}

/** A platform with a replaced, a deciding, a pending and an ended license, a deleted one, and one of a USB key. */
async function setUp(t: Teardown, rpc: RpcService): Promise<void> {
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ jti: "base-1", iat: now - 100, edition: "standard", exp: now + 86_400 });
  await rpc.install({ jti: "base-2", iat: now - 90, edition: "standard", exp: now + 40_000 });
  await rpc.install({ jti: "gpu-1", item: "gpu", exp: now + 60 });
  await rpc.install({ jti: "cdp-1", item: "cdp", nbf: now + 80_000 });
  await rpc.install({ jti: "billing-1", item: "billing" });
  await rpc.call("deleteLicense", { item: "billing" });
  const key = makeKey({ keyId: "KEY-1" });
  await plugKey(t, rpc, withBlob(key, await licenseFor(rpc, key, { item: "tenant-management" })));
  await rpc.call("reloadLicense");
  rpc.clock.jump(3_600_000);
}

test("EV-8, threat 17: no edit of any column of any table widens a right, and those that carry rights show", async (t) => {
  const rpc = await startRpcService(t, { settings: EMULATED });
  await setUp(t, rpc);
  await rpc.call("reloadLicense");
  const before = await rpc.call("getLicenseCapabilities");
  const columns = await rpc.query<Column>(
    `select table_name, column_name, data_type from information_schema.columns
     where table_schema = 'public' and table_name in ('store', 'platform', 'nodes', 'licenses', 'license_records',
       'usb_state', 'usb_sights', 'usb_scan_requests')
     order by 1, ordinal_position`,
  );
  t.true(columns.length > 40);
  let edits = 0;
  for (const column of columns) {
    const name = `${column.table_name}.${column.column_name}`;
    const values = EDITS[column.data_type];
    if (values === undefined) throw new Error(`no edit is known for ${name}, ${column.data_type}`);
    for (const value of values) {
      await rpc.query(`create table saved as select * from ${column.table_name}`);
      if (await edit(rpc, column, value)) {
        edits += 1;
        // A state that cannot be read at all leaves the last one in force.
        await rpc.call("reloadLicense").catch(() => undefined);
        const after = await rpc.call("getLicenseCapabilities");
        t.deepEqual(widened(before, after), [], `${name} = ${value}`);
        const { alerts } = await rpc.call("getLicenseInfo");
        const isNamed = alerts.some(isOfRow);
        if (!SHOWS_FOR_A_WHILE.has(name)) t.is(isNamed, CARRIES_RIGHTS.has(name), `${name} = ${value}`);
      }
      await restore(rpc, column.table_name);
      if (SHOWS_FOR_A_WHILE.has(name)) await untilNothingShows(rpc);
    }
  }
  t.true(edits > 60, `${edits} edits`);
  await rpc.call("reloadLicense");
  t.deepEqual((await rpc.call("getLicenseCapabilities")).capabilities, before.capabilities);
});
