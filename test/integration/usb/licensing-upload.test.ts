/** Uploads for USB keys, with emulated keys in the ports of real services. */
import { LicenseStatus } from "@license-service/contract";
import test from "ava";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { licenseFor, makeKey, plugKey, withBlob } from "../../helpers/emulated-keys.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import type { RpcService } from "../../helpers/rpc-service.ts";
import { makeLicensedKey, startWithPorts } from "./_keys.ts";
import { packageFor } from "./_packages.ts";

async function upload(rpc: RpcService, bytes: Uint8Array, validateOnly = false) {
  return rpc.call("uploadLicense", { package: Buffer.from(bytes), validateOnly });
}

async function refusalOf(rpc: RpcService, bytes: Uint8Array): Promise<string> {
  return (await rpcErrorOf(upload(rpc, bytes))).reason;
}

/** "base replaced", in the order of uploads. */
async function dispositions(rpc: RpcService): Promise<readonly string[]> {
  const rows = await rpc.query<{ line: string }>(
    "select item || ' ' || disposition as line from license_records order by upload_sequence",
  );
  return rows.map(({ line }) => line);
}

/** A module that no edition includes. */
const CDP = { item: "cdp" };

test("ZC-AM-5: an upload for a key is refused without any key and with another one alone, and taken with its own, blank or not", async (t) => {
  const rpc = await startWithPorts(t);
  const key = makeKey({ keyId: "KEY-1" });
  const license = await licenseFor(rpc, key);
  t.is(await refusalOf(rpc, license), "USB_KEY_NOT_INSERTED");
  await plugKey(t, rpc, makeKey({ keyId: "KEY-2" }));
  await rpc.call("reloadLicense");
  t.is(await refusalOf(rpc, license), "USB_KEY_MISMATCH");
  await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");

  const before = await rpc.dump();
  const planned = await upload(rpc, license, true);
  t.is(await rpc.dump(), before);
  t.is(planned.licenses.length, 1);
  const { licenses } = await upload(rpc, license);
  await rpc.call("reloadLicense");
  const { license: base } = await rpc.call("getLicenseInfo");
  t.is(base?.id, licenses[0]?.license?.id);
  t.like(base, { usbKeyId: "KEY-1", status: LicenseStatus.VALID });
});

test("LI-8: beside broken bytes an upload for a key that is inserted has no further reason", async (t) => {
  const rpc = await startWithPorts(t);
  const key = makeKey({ keyId: "KEY-1" });
  const files = [
    { fileName: "1.lic", signedBytes: (await licenseFor(rpc, key)).toString() },
    { fileName: "2.lic", signedBytes: "no license" },
  ];
  const reasonsOf = async () => {
    const { refusals } = await rpcErrorOf(upload(rpc, await packLicenses(files)));
    return refusals;
  };
  t.is((await reasonsOf()).length, 2);
  await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");
  t.is((await reasonsOf()).length, 1);
});

test("UK-ID-3: an upload replaces the whole set of its key, as the dry run said, and nothing replaced comes back with the key", async (t) => {
  const rpc = await startWithPorts(t);
  const seconds = Math.floor(rpc.clock.now() / 1000);
  const blank = makeKey({ keyId: "KEY-1" });
  const old = await packageFor(rpc, blank, { iat: seconds - 500 }, { ...CDP, iat: seconds - 500 });
  const key = withBlob(blank, old);
  const plugged = await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");
  t.deepEqual(await dispositions(rpc), ["base installed", "cdp installed"]);
  const renewal = await licenseFor(rpc, key, { iat: seconds - 400 });
  const planned = await upload(rpc, renewal, true);
  t.is(planned.replacedLicenseIds.length, 2);
  t.true(planned.capabilityChanges.length > 0);
  t.deepEqual((await upload(rpc, renewal)).replacedLicenseIds, planned.replacedLicenseIds);
  t.deepEqual(await dispositions(rpc), ["base replaced", "cdp replaced", "base installed"]);

  t.deepEqual((await upload(rpc, renewal)).replacedLicenseIds, []);
  await plugged.pull();
  await rpc.call("reloadLicense");
  await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");
  t.is((await dispositions(rpc)).length, 3);
  t.is(await refusalOf(rpc, old), "OLDER_THAN_INSTALLED");
});

test("UK-ID-3: a replaced license that is uploaded again is judged as new, and is the key's again", async (t) => {
  const rpc = await startWithPorts(t);
  const seconds = Math.floor(rpc.clock.now() / 1000);
  const key = makeKey({ keyId: "KEY-1" });
  await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");
  const first = await packageFor(rpc, key, { iat: seconds - 500 }, { ...CDP, iat: seconds - 500 });
  await upload(rpc, first);
  await upload(rpc, await licenseFor(rpc, key, { iat: seconds - 500, jti: "second" }));
  t.deepEqual(await dispositions(rpc), ["base replaced", "cdp replaced", "base installed"]);
  const { licenses } = await upload(rpc, first);
  t.deepEqual(
    licenses.map(({ license }) => license?.uploadSequence),
    [4n, 5n],
  );
  t.deepEqual((await dispositions(rpc)).slice(2), ["base replaced", "base installed", "cdp installed"]);
});

test("UK-ID-3: an upload for one key leaves those of another key and of the request code alone", async (t) => {
  const rpc = await startWithPorts(t);
  await rpc.install();
  const one = await makeLicensedKey(rpc, "KEY-1");
  await plugKey(t, rpc, one);
  await rpc.call("reloadLicense");
  const other = makeKey({ keyId: "KEY-2" });
  await plugKey(t, rpc, other);
  await rpc.call("reloadLicense");
  await upload(rpc, await licenseFor(rpc, other));
  t.deepEqual(await dispositions(rpc), ["base installed", "base installed", "base installed"]);
});
