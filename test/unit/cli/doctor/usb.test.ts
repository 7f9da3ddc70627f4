/** What licensectl doctor says of USB keys, over a directory that looks like the kernel's. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checkUsb, judgeKeyDevices } from "../../../../src/cli/doctor/usb.ts";
import { SYSTEM_PLACES } from "../../../../src/cli/doctor/usb-devices.ts";
import { DEFAULT_USB_IDS } from "../../../../src/usb/protocol/requests.ts";
import type { Teardown } from "../../../helpers/rpc-service.ts";

const ON = { mode: "on", ids: [DEFAULT_USB_IDS] } as const;

interface Plugged {
  readonly id: string;
  readonly device: number;
  /** The file by which it is opened is there. Default: true. */
  readonly hasNode?: boolean;
}

/** A kernel with devices by port. */
async function makeKernel(t: Teardown, plugged: Readonly<Record<string, Plugged>>) {
  const root = await mkdtemp(join(tmpdir(), "license-usb-"));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const places = { devices: join(root, "sys"), nodes: join(root, "dev") };
  await mkdir(join(places.nodes, "001"), { recursive: true });
  await mkdir(join(places.devices, "1-1:1.0"), { recursive: true });
  for (const [port, { id, device, hasNode = true }] of Object.entries(plugged)) {
    const directory = join(places.devices, port);
    const [idVendor = "", idProduct = ""] = id.split(":");
    const facts = { idVendor, idProduct, busnum: "1", devnum: String(device) };
    await mkdir(directory);
    for (const [name, text] of Object.entries(facts)) await writeFile(join(directory, name), `${text}\n`);
    if (hasNode) await writeFile(join(places.nodes, "001", String(device).padStart(3, "0")), "");
  }
  return places;
}

test("UK-NO-1: a host without USB is sound, and the doctor says what keys would need", async (t) => {
  const places = { devices: "/nowhere/sys", nodes: "/nowhere/dev" };
  const finding = await checkUsb(ON, true, places);
  t.is(finding.outcome, "ok");
  t.regex(finding.seen, /^this kernel has no USB, .*; a virtual machine needs a USB controller/);
});

test("UK-NO-1: a product without keys, an agent that is off, and emulated ports are told first", async (t) => {
  t.is((await checkUsb(ON, false)).seen, "this product has no USB keys");
  t.regex((await checkUsb({ ...ON, mode: "off" }, true)).seen, /^off: .*LICENSE_USB/);
  t.regex((await checkUsb({ ...ON, mode: "emulated" }, true)).seen, /^only emulated USB keys/);
});

test("keys are told from other devices by their ids, and those that open are well", async (t) => {
  const places = await makeKernel(t, {
    "1-2.4": { id: "1209:0001", device: 12 },
    "1-1": { id: "1209:0001", device: 4 },
    "1-3": { id: "046d:c31c", device: 5, hasNode: false },
  });
  t.deepEqual(await checkUsb(ON, true, places), {
    outcome: "ok",
    seen: "this account can open 2 keys (1-1, 1-2.4)",
  });
  const others = { mode: "on", ids: [{ vendorId: 0x1d6b, productId: 0xbeef }] } as const;
  t.is((await checkUsb(others, true, places)).seen, "no key is plugged in (1d6b:beef)");
});

test("UK-NO-1: a key whose device file is missing, as in a container, fails with what to do", async (t) => {
  const places = await makeKernel(t, {
    "1-1": { id: "1209:0001", device: 4 },
    "1-2": { id: "1209:0001", device: 5, hasNode: false },
  });
  const finding = await checkUsb(ON, true, places);
  t.is(finding.outcome, "fail");
  t.is(finding.seen, "This account cannot open 1 key of 2 (1-2): ENOENT.");
  t.regex(finding.remedy ?? "", /pass \/dev\/bus\/usb into it/);
});

test("UK-NO-1: missing permission fails with the udev rule, and any other error with the log of the kernel", (t) => {
  const remedyOf = (problem: string) =>
    judgeKeyDevices([{ port: "1-1", problem }], ["1209:0001"]).remedy ?? "";
  t.regex(remedyOf("EACCES"), /udev rule/);
  t.regex(remedyOf("EPERM"), /major number 189/);
  t.regex(remedyOf("EIO"), /dmesg/);
});

test("the places are those of Linux", (t) => {
  t.deepEqual(SYSTEM_PLACES, { devices: "/sys/bus/usb/devices", nodes: "/dev/bus/usb" });
});
