/** Licenses that come with a USB key. */
import { UsbKeyProblem } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { makeKey, plugKey, type TestKey, withBlob } from "../../helpers/emulated-keys.ts";
import type { RpcService, Teardown } from "../../helpers/rpc-service.ts";
import { makeLicensedKey, startWithPorts } from "./_keys.ts";
import { packageFor } from "./_packages.ts";

interface Row {
  readonly item: string;
  readonly sequence: string;
}

function installed(rpc: RpcService): Promise<Row[]> {
  return rpc.query<Row>("select item, upload_sequence as sequence from licenses order by upload_sequence");
}

/** Plugs a key in anew and waits until what is on it was looked at. */
async function plug(t: Teardown, rpc: RpcService, key: TestKey) {
  const plugged = await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");
  return plugged;
}

test("LI-2: a key that is inserted again changes nothing, also after the end of its license", async (t) => {
  const rpc = await startWithPorts(t);
  const key = await makeLicensedKey(rpc, "KEY-1");
  const first = await plug(t, rpc, key);
  const before = await installed(rpc);
  t.deepEqual(before, [{ item: "base", sequence: "1" }]);
  await first.pull();
  await rpc.call("reloadLicense");
  rpc.clock.jump(400 * DAY_MS);
  await plug(t, rpc, key);
  t.deepEqual(await installed(rpc), before);
});

test("LI-2: a key with something unseen on it replaces its set, in the order of application", async (t) => {
  const rpc = await startWithPorts(t);
  const key = await makeLicensedKey(rpc, "KEY-1");
  const first = await plug(t, rpc, key);
  await first.pull();
  await rpc.call("reloadLicense");
  await plug(t, rpc, withBlob(key, await packageFor(rpc, key, { item: "gpu" }, { jti: "renewed" })));
  t.deepEqual(await installed(rpc), [
    { item: "base", sequence: "2" },
    { item: "gpu", sequence: "3" },
  ]);
});

test("UK-ID-2: what a key carries is judged as an upload, and one reason refuses all of it", async (t) => {
  const rpc = await startWithPorts(t);
  const seconds = Math.floor(rpc.clock.now() / 1000);
  const blank = makeKey({ keyId: "KEY-1" });
  const ended = { item: "gpu", iat: seconds - 900, exp: seconds - 10 };
  await plug(t, rpc, withBlob(blank, await packageFor(rpc, blank, {}, ended)));
  t.deepEqual(await installed(rpc), []);
  const { keys } = await rpc.call("listUsbKeys");
  t.like(keys[0], { problem: UsbKeyProblem.LICENSE_REFUSED });
  t.regex(keys[0]?.message ?? "", /ALREADY_EXPIRED|ended/);
});

test("LI-7: a license that was deleted comes back with its key, with a new sequence; one reload alone brings none", async (t) => {
  const rpc = await startWithPorts(t);
  const key = await makeLicensedKey(rpc, "KEY-1");
  const first = await plug(t, rpc, key);
  const { license } = await rpc.call("getLicenseInfo");
  const error = await t.throwsAsync(rpc.call("deleteLicense", { licenseId: license?.id ?? "" }));
  t.regex(error?.message ?? "", /key/i);
  await first.pull();
  const watch = rpc.watch();
  await watch.next(({ snapshot }) =>
    (snapshot?.capabilities ?? []).some((one) => one.bufferExpireTime !== undefined),
  );
  // Beyond its buffer nothing holds it.
  rpc.clock.jump(31 * DAY_MS);
  await rpc.call("deleteLicense", { licenseId: license?.id ?? "" });
  t.deepEqual(await installed(rpc), []);
  await rpc.call("reloadLicense");
  t.deepEqual(await installed(rpc), []);
  await plug(t, rpc, key);
  t.deepEqual(await installed(rpc), [{ item: "base", sequence: "2" }]);
});
