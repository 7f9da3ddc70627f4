/** USB keys from the vendor's bench to the operator's terminal: real programs, an emulated key. */
import { once } from "node:events";
import { join } from "node:path";
import {
  type Capability,
  CapabilityState,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import test from "ava";
import { EMULATED } from "../../helpers/emulated-keys.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";
import { createTeardown, licensectl, type Ran, start, temporaryDirectory } from "./_licensectl.ts";

/** What enterprise gives and the no-license state does not. */
const CAPABILITY = "billing";
const GRANT = ["--item", "base", "--edition", "enterprise", "--term", "paid", "--quota", "cpus=16"];

const teardown = createTeardown();
let rpc: RpcService;
let directory: string;

test.before(async () => {
  rpc = await startRpcService(teardown, { settings: EMULATED });
  directory = await temporaryDirectory(teardown);
  await makeKey("key-1");
});
test.after.always(() => teardown.run());

/** Runs a command against the service, as its admin. */
function ctl(...args: readonly string[]): Promise<Ran> {
  const { address, dataDirectory } = rpc.service;
  return licensectl([...args, "--address", address, "--data-dir", dataDirectory]);
}

/** What the vendor does: a key pair in the key, a license for it, and the license onto it. */
async function makeKey(keyId: string): Promise<void> {
  const vendor = join(rpc.service.dataDirectory, "test-vendor");
  const usbKey = ["authority", "usb-key"];
  const issue = [
    "authority",
    "issue",
    "--directory",
    vendor,
    "--profile",
    "zstack-cloud",
    "--customer",
    "ACME",
  ];
  const steps = [
    [
      ...usbKey,
      "provision",
      "--file",
      `${keyId}.json`,
      "--create",
      "--key-id",
      keyId,
      "--out",
      `${keyId}.public`,
    ],
    [...issue, "--usb-key", `${keyId}.public`, ...GRANT, "--out", `${keyId}.lic`],
    [...usbKey, "write", "--file", `${keyId}.json`, "--license", `${keyId}.lic`],
    [...usbKey, "show", "--file", `${keyId}.json`, "--directory", vendor],
  ];
  for (const step of steps) {
    const { code, stderr } = await licensectl(step, { cwd: directory });
    if (code !== 0) throw new Error(stderr);
  }
}

function stateOf({ snapshot }: WatchLicenseCapabilitiesResponse): Capability | undefined {
  return snapshot?.capabilities.find(({ key }) => key === CAPABILITY);
}

test.serial(
  "UK-ID-1, UK-ID-2: a key of the vendor's bench licenses the platform while it is emulated, and is shown",
  async (t) => {
    const watch = rpc.watch();
    const { dataDirectory } = rpc.service;
    const emulator = start(["usb", "emulate", "--key", "key-1.json", "--data-dir", dataDirectory], {
      cwd: directory,
    });
    t.teardown(() => void emulator.kill("SIGKILL"));
    emulator.stdout.setEncoding("utf8");
    const [plugged] = await once(emulator.stdout, "data");
    t.regex(plugged, /^Plugged key-1 \(1209:0001\) into port key-1 of .*usb-ports; Ctrl-C pulls it\.\n$/);
    await watch.next((message) => stateOf(message)?.state === CapabilityState.ENABLED);

    const list = await ctl("usb", "list");
    t.regex(list.stdout, /^key-1 +GIVING +\S+ +Emulated key +key-1 +\S.* +1$/m, list.stderr);
    t.regex(list.stdout, /^USB keys: Ready \(UK-ST-2\)$/m);
    t.is((await ctl("usb", "copy-id")).stdout, "key-1");
    const shown = await ctl("usb", "show", "key-1");
    t.regex(shown.stdout, /^Licenses of this key \(1\)$/m, shown.stderr);
    t.regex(shown.stdout, /^base +enterprise +paid +VALID .* usb key key-1 /m);
    t.regex((await ctl("info")).stdout, /^USB keys +Ready$/m);
    t.regex((await ctl("reload")).stdout, /^USB ports of 1 node:\n.*\n {2}\S+ +DONE +1$/m);

    emulator.kill("SIGINT");
    const [[pulled], [code]] = await Promise.all([once(emulator.stdout, "data"), once(emulator, "close")]);
    t.is(pulled, "Pulled key-1.\n");
    t.is(code, 0);
    await watch.next((message) => stateOf(message)?.bufferExpireTime !== undefined);
    const after = await ctl("usb", "list");
    t.regex(after.stdout, /^USB keys: Missing \(UK-ST-1\): no key counts on any node$/m);
    t.regex(after.stdout, /^key-1 +\S+Z +\S+Z \(in (29|30) d\)$/m);
    t.regex((await ctl("explain", CAPABILITY)).stdout, /^buffer ends +\S+Z \(in (29|30) d\)$/m);
    t.regex((await ctl("usb", "show", "key-1")).stdout, /^No node sees this key now\.$/m);
  },
);

test.serial(
  "UK-ID-1: without a key there is no id to copy, and one that nobody knows is refused",
  async (t) => {
    const none = await ctl("usb", "copy-id", "key-9");
    t.is(none.code, 1);
    t.is(none.stdout, "");
    t.regex((await ctl("usb", "show", "key-9")).stderr, /NOT_FOUND No USB key key-9 is known/);
  },
);
