/** ListUsbKeys of real services, with emulated keys in their ports. */
import {
  type ListUsbKeysResponse,
  UsbKeyProblem,
  UsbKeyStatus,
  UsbStatus,
  UsbUnavailableReason,
} from "@license-service/contract";
import test from "ava";
import { makeKey, plugKey } from "../../helpers/emulated-keys.ts";
import { nameOf } from "../../helpers/rpc-answers.ts";
import { openFaultyNetwork } from "../store/faulty-network.ts";
import { makeLicensedKey, plugDevice, SILENT, startWithPorts } from "./_keys.ts";

/** "K1 GIVING", "K2 NOT_COUNTING NO_LICENSE". */
function standings({ keys }: ListUsbKeysResponse): readonly string[] {
  return keys.map(({ keyId, status, problem }) => {
    const words = [keyId, nameOf(UsbKeyStatus, status)];
    return [...words, ...(problem === 0 ? [] : [nameOf(UsbKeyProblem, problem)])].join(" ");
  });
}

test("UK-ID-1, UK-ID-2, UK-ST-2: a key that carries its license is listed with its id, its thumbprint and its license", async (t) => {
  const rpc = await startWithPorts(t);
  const key = await makeLicensedKey(rpc, "KEY-1");
  await plugKey(t, rpc, key);
  await rpc.call("reloadLicense");
  const answer = await rpc.call("listUsbKeys");
  const { license, managementNodeId, usbStatus } = await rpc.call("getLicenseInfo");
  t.deepEqual(standings(answer), ["KEY-1 GIVING"]);
  t.like(answer.keys[0], {
    managementNodeId,
    model: "Emulated key",
    licenseIds: [license?.id ?? ""],
    publicKeyThumbprint: key.name.thumbprint,
  });
  t.is(license?.usbKeyId, "KEY-1");
  t.truthy(answer.keys[0]?.provedTime);
  t.like(answer, { status: UsbStatus.READY, statusRule: "UK-ST-2", staleSince: undefined });
  t.is(usbStatus, UsbStatus.READY);
  t.deepEqual(
    answer.nodes.map((node) => [node.managementNodeId, node.unavailableReason]),
    [[managementNodeId, UsbUnavailableReason.UNSPECIFIED]],
  );
});

test("UK-ST-4: a second key beside the first leaves both without rights, and says what to do; a blank one does not count", async (t) => {
  const rpc = await startWithPorts(t);
  await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-1"));
  await rpc.call("reloadLicense");
  const second = await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-2"));
  await plugKey(t, rpc, makeKey({ keyId: "BLANK" }));
  await rpc.call("reloadLicense");
  const beside = await rpc.call("listUsbKeys");
  t.deepEqual(standings(beside), [
    "BLANK NOT_COUNTING NO_LICENSE",
    "KEY-1 BESIDE_OTHERS",
    "KEY-2 BESIDE_OTHERS",
  ]);
  t.is(beside.statusRule, "UK-ST-4");
  t.regex(beside.keys[1]?.message ?? "", /leave one key in and pull the others/);
  t.deepEqual(
    beside.buffers.map(({ keyId }) => keyId),
    ["KEY-1"],
  );
  await second.pull();
  await rpc.call("reloadLicense");
  t.true(standings(await rpc.call("listUsbKeys")).includes("KEY-2 JUST_GONE"), "UK-BU-7");
});

test("UK-ST-2: each node lists the keys of all nodes", async (t) => {
  const first = await startWithPorts(t);
  const second = await startWithPorts(t, { beside: first });
  await plugKey(t, second, await makeLicensedKey(first, "KEY-2"));
  await second.call("reloadLicense");
  await first.call("reloadLicense");
  const [ofFirst, ofSecond] = [await first.call("listUsbKeys"), await second.call("listUsbKeys")];
  const { managementNodeId } = await second.call("getLicenseInfo");
  for (const answer of [ofFirst, ofSecond]) {
    t.deepEqual(standings(answer), ["KEY-2 GIVING"]);
    t.is(answer.keys[0]?.managementNodeId, managementNodeId);
    t.is(answer.nodes.length, 2);
  }
});

test("UK-NO-1: a node whose agent is off says so, and so does every other node of it", async (t) => {
  const on = await startWithPorts(t);
  const off = await startWithPorts(t, { beside: on, settings: { LICENSE_USB: "off" } });
  await plugKey(t, on, await makeLicensedKey(on, "KEY-1"));
  await on.call("reloadLicense");
  await off.call("reloadLicense");
  const answer = await off.call("listUsbKeys");
  t.is(answer.unavailableReason, UsbUnavailableReason.AGENT_OFF);
  t.regex(answer.unavailableMessage, /turned off on this node/);
  t.deepEqual(standings(answer), ["KEY-1 GIVING"]);
  const { managementNodeId } = await off.call("getLicenseInfo");
  const told = (await on.call("listUsbKeys")).nodes.find(
    (node) => node.managementNodeId === managementNodeId,
  );
  t.is(told?.unavailableReason, UsbUnavailableReason.AGENT_OFF);
  t.regex(told?.unavailableMessage ?? "", /LICENSE_USB=on/);
});

test("UK-NO-1: a product without USB keys says so, whatever is plugged in", async (t) => {
  const rpc = await startWithPorts(t, { settings: { LICENSE_PROFILE: "unicloud-usphere" } });
  await plugDevice(t, rpc, "port-1", makeKey({ keyId: "KEY-1" }).dongle);
  const answer = await rpc.call("listUsbKeys");
  t.is(answer.unavailableReason, UsbUnavailableReason.NOT_IN_PRODUCT);
  t.deepEqual(answer.keys, []);
  t.deepEqual((await rpc.call("reloadLicense")).usbScans, []);
});

test("UK-BU-9: while the database is away the keys are listed as they were, and since when", async (t) => {
  const { promise: network, resolve } =
    Promise.withResolvers<Awaited<ReturnType<typeof openFaultyNetwork>>>();
  const route = async (url: string) => {
    const opened = await openFaultyNetwork(t, url);
    resolve(opened);
    return opened.url;
  };
  const rpc = await startWithPorts(t, { route, pollMs: 100, heartbeatMs: 100 });
  const port = await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-1"));
  await rpc.call("reloadLicense");
  const watch = rpc.watch();
  await (await network).cut();
  await watch.next(({ heartbeat }) => heartbeat?.staleSince !== undefined);
  await port.pull();
  const answer = await rpc.call("listUsbKeys");
  t.deepEqual(standings(answer), ["KEY-1 GIVING"]);
  t.truthy(answer.staleSince);
});

test("threats 25, 27: a device that never answers is listed, and no other key waits for it", async (t) => {
  const rpc = await startWithPorts(t);
  await plugDevice(t, rpc, "silent", SILENT);
  await plugKey(t, rpc, await makeLicensedKey(rpc, "KEY-1"));
  await rpc.call("reloadLicense");
  const answer = await rpc.call("listUsbKeys");
  t.true(standings(answer).includes("KEY-1 GIVING"), standings(answer).join(", "));
  t.is(answer.keys.length, 2);
});
