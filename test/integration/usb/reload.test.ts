/** ReloadLicense and the USB ports of every node (ZL-7). */
import { UsbScanOutcome } from "@license-service/contract";
import test from "ava";
import { makeKey, plugKey } from "../../helpers/emulated-keys.ts";
import { nameOf, standingOf } from "../../helpers/rpc-answers.ts";
import type { RpcService } from "../../helpers/rpc-service.ts";
import { openFaultyNetwork } from "../store/faulty-network.ts";
import { makeLicensedKey, plugDevice, SILENT, startWithPorts } from "./_keys.ts";

async function nodeIdOf(rpc: RpcService): Promise<string> {
  return (await rpc.call("getLicenseInfo")).managementNodeId;
}

/** By node: what became of the look, and how many keys it saw. */
async function reload(rpc: RpcService): Promise<Readonly<Record<string, string>>> {
  const { usbScans } = await rpc.call("reloadLicense");
  return Object.fromEntries(
    usbScans.map(({ managementNodeId, outcome, keyCount }) => [
      managementNodeId,
      `${nameOf(UsbScanOutcome, outcome)} ${keyCount}`,
    ]),
  );
}

test("ZL-7: a key that was just plugged in gives its rights by the end of the reload", async (t) => {
  const rpc = await startWithPorts(t);
  await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-1"));
  const { licenseCount } = await rpc.call("reloadLicense");
  t.is(licenseCount, 1);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "compute-advanced"), "ENABLED GRANTED");
});

test("ZL-7: a reload looks at the ports of every node, and says how many keys each sees", async (t) => {
  const first = await startWithPorts(t);
  const second = await startWithPorts(t, { beside: first });
  const off = await startWithPorts(t, { beside: first, settings: { LICENSE_USB: "off" } });
  await plugKey(t, second, makeKey({ keyId: "BLANK-1" }));
  await plugKey(t, second, makeKey({ keyId: "BLANK-2" }));
  t.deepEqual(await reload(first), {
    [await nodeIdOf(first)]: "DONE 0",
    [await nodeIdOf(second)]: "DONE 2",
    [await nodeIdOf(off)]: "UNAVAILABLE 0",
  });
});

test("ZL-7: a key on another node gives its rights by the end of a reload here", async (t) => {
  const first = await startWithPorts(t);
  const second = await startWithPorts(t, { beside: first });
  await plugKey(t, second, await makeLicensedKey(first, "KEY-2"));
  await reload(first);
  t.is(standingOf(await first.call("getLicenseCapabilities"), "compute-advanced"), "ENABLED GRANTED");
});

test("ZL-7: a node that does not answer delays a reload by five seconds at most", async (t) => {
  const first = await startWithPorts(t);
  const { promise: network, resolve } =
    Promise.withResolvers<Awaited<ReturnType<typeof openFaultyNetwork>>>();
  const route = async (url: string) => {
    const opened = await openFaultyNetwork(t, url);
    resolve(opened);
    return opened.url;
  };
  const second = await startWithPorts(t, { beside: first, route });
  await reload(first);
  const id = await nodeIdOf(second);
  await (await network).cut();
  const began = performance.now();
  const outcomes = await reload(first);
  const tookMs = performance.now() - began;
  t.is(outcomes[id], "NO_ANSWER 0");
  t.true(tookMs < 6_500, `${tookMs} ms`);
});

test("threat 25: a device that never answers delays a reload by five seconds at most", async (t) => {
  const rpc = await startWithPorts(t);
  await plugDevice(t, rpc, "silent", SILENT);
  await reload(rpc);
  const began = performance.now();
  t.deepEqual(await reload(rpc), { [await nodeIdOf(rpc)]: "DONE 1" });
  const tookMs = performance.now() - began;
  t.true(tookMs < 6_500, `${tookMs} ms`);
});
