/** How the commands for USB keys show what a server tells of them. */
import {
  AuthorizationMethod,
  GetLicenseInfoResponse,
  LicenseStatus,
  ListUsbKeysResponse,
  ReloadLicenseResponse,
  UsbKeyProblem,
  UsbKeyStatus,
  UsbScanOutcome,
  UsbStatus,
  UsbUnavailableReason,
} from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { writeInfo } from "../../../src/cli/commands/info.ts";
import { writeReload } from "../../../src/cli/commands/reload.ts";
import { createScreen } from "../../../src/cli/output/screen.ts";
import { writeUsbKeys } from "../../../src/cli/render/usb-keys.ts";
import { capture, type RunResult, runCli } from "./_capture.ts";
import { startScriptedServer } from "./_scripted-server.ts";

const AT = new Date("2026-11-22T12:00:00Z");
const REMOVED = new Date("2026-11-20T12:00:00Z");
const BUFFER_ENDS = new Date("2026-12-20T12:00:00Z");

const GIVING = {
  keyId: "key-1",
  managementNodeId: "node-1",
  model: "LK-1",
  status: UsbKeyStatus.GIVING,
  message: "It gives its rights.",
  provedTime: new Date("2026-11-22T11:59:20Z"),
  seenTime: AT,
  licenseIds: ["id-1", "id-2"],
  publicKeyThumbprint: "thumbprint-1",
  port: "1-2",
};
const COPY = {
  keyId: "key-2",
  managementNodeId: "node-2",
  status: UsbKeyStatus.NOT_COUNTING,
  problem: UsbKeyProblem.COPY,
  message: "It is a copy. Insert the key that the license was made for.",
  seenTime: AT,
  port: "1-3",
};
const BUFFER = { keyId: "key-1", startTime: REMOVED, expireTime: BUFFER_ENDS };

/** Parts of an answer, as protobuf JSON would have them: what is not named is empty. */
type Parts = { readonly [Field in keyof ListUsbKeysResponse]?: unknown };

function answerOf(parts: Parts): ListUsbKeysResponse {
  return ListUsbKeysResponse.fromPartial({ evaluatedAt: AT, ...parts } as never);
}

function listed(parts: Parts): string {
  const { stream, text } = capture();
  writeUsbKeys(createScreen(stream, false), answerOf(parts));
  return text();
}

async function ctl(
  t: ExecutionContext,
  parts: Parts,
  args: readonly string[],
  isTerminal = false,
): Promise<RunResult> {
  const info = GetLicenseInfoResponse.fromPartial({
    license: { id: "id-0", item: "base", authorizationMethod: AuthorizationMethod.REQUEST_CODE },
    additions: [
      {
        id: "id-1",
        item: "gpu",
        authorizationMethod: AuthorizationMethod.USB_KEY,
        status: LicenseStatus.VALID,
        usbKeyId: "key-1",
        bufferExpireTime: BUFFER_ENDS,
      },
    ],
  });
  const address = await startScriptedServer(t, {
    listUsbKeys: () => answerOf(parts),
    getLicenseInfo: () => info,
  });
  return runCli(["usb", ...args, "--address", address], { env: { LICENSECTL_TOKEN: "token" }, isTerminal });
}

test("UK-ST-2: usb list shows each key with node, port, age of its proof and licenses, and how the platform stands", (t) => {
  const text = listed({ keys: [GIVING], status: UsbStatus.READY, statusRule: "UK-ST-2" });
  t.regex(text, /^KEY +STATUS +NODE +MODEL +PORT +PROVED +LICENSES$/m);
  t.regex(text, /^key-1 +GIVING +node-1 +LK-1 +1-2 +40 s ago +2$/m);
  t.regex(text, /^USB keys: Ready \(UK-ST-2\)$/m);
  t.notRegex(text, /Buffers|Nodes that|It gives its rights/);
});

test("UK-ST-1, UK-ST-3, UK-ST-4: usb list says what a status means", (t) => {
  const rows = [
    [UsbStatus.MISSING, "UK-ST-1", "Missing (UK-ST-1): no key counts"],
    [UsbStatus.ABNORMAL, "UK-ST-3", "Abnormal (UK-ST-3): more keys count than one"],
    [UsbStatus.FAULT, "UK-ST-4", "Fault (UK-ST-4): no key gives its rights; pull all keys of a node but one"],
  ] as const;
  for (const [status, statusRule, line] of rows) {
    t.true(listed({ status, statusRule }).includes(`\nUSB keys: ${line}`), statusRule);
  }
  t.is(listed({}), "No USB keys.\n");
});

test("a key that does not count is listed with the reason and what to do", (t) => {
  const unreadable = {
    ...COPY,
    keyId: "",
    problem: UsbKeyProblem.NO_PERMISSION,
    message: "Install the udev rule.",
  };
  const text = listed({ keys: [COPY, unreadable] });
  t.regex(text, /^key-2 +NOT_COUNTING COPY +node-2 /m);
  t.regex(text, /^- +NOT_COUNTING NO_PERMISSION +node-2 /m);
  t.true(text.includes("\nkey-2 in port 1-3: It is a copy. Insert the key that the license was made for.\n"));
  t.true(text.includes("\nA device in port 1-3: Install the udev rule.\n"));
});

test("UK-BU-2: usb list and info show the buffers that run, with their ends", (t) => {
  const text = listed({ buffers: [BUFFER], status: UsbStatus.MISSING, statusRule: "UK-ST-1" });
  t.regex(text, /^key-1 +2026-11-20T12:00:00Z +2026-12-20T12:00:00Z \(in 28 d\)$/m);
  const { stream, text: shown } = capture();
  const info = GetLicenseInfoResponse.fromPartial({ usbStatus: UsbStatus.MISSING, usbBuffers: [BUFFER] });
  writeInfo(createScreen(stream, false), info, AT);
  t.regex(shown(), /^USB keys +Missing$/m);
  t.regex(shown(), /^key-1 +2026-11-20T12:00:00Z +2026-12-20T12:00:00Z \(in 28 d\)$/m);
});

test("UK-NO-1: usb list names the nodes that read no keys, and why", (t) => {
  const blind = {
    managementNodeId: "node-2",
    unavailableReason: UsbUnavailableReason.NO_USB_SUPPORT,
    unavailableMessage: "The kernel has no USB.",
  };
  const text = listed({
    nodes: [{ managementNodeId: "node-1" }, blind],
    unavailableReason: blind.unavailableReason,
  });
  t.regex(text, /^Nodes that read no keys \(1\)$/m);
  t.regex(text, /^node-2 +NO_USB_SUPPORT +The kernel has no USB\.$/m);
  t.notRegex(text, /node-1|The node that answered/);
});

test("usb list says that the database is away", (t) => {
  t.regex(
    listed({ keys: [GIVING], staleSince: REMOVED }),
    /^Stale since 2026-11-20T12:00:00Z: the database is away/m,
  );
});

test("usb show tells all of one key: where it is, its buffer, its licenses", async (t) => {
  const { code, stdout } = await ctl(t, { keys: [GIVING, COPY], buffers: [BUFFER] }, ["show", "key-1"]);
  t.is(code, 0);
  t.regex(stdout, /^key +key-1$/m);
  t.regex(stdout, /^port +1-2$/m);
  t.regex(stdout, /^public key +thumbprint-1 \(thumbprint\)$/m);
  t.regex(stdout, /^proved +2026-11-22T11:59:20Z \(40 s ago\)$/m);
  t.regex(stdout, /^key-1 +2026-11-20T12:00:00Z/m);
  t.regex(stdout, /^Licenses of this key \(1\)$/m);
  t.regex(stdout, /^gpu .* usb key key-1 .*2026-12-20T12:00:00Z/m);
  t.notRegex(stdout, /key-2|id-0/);
});

test("usb show tells of a key that is away, and refuses one that nobody knows", async (t) => {
  const away = await ctl(t, { buffers: [BUFFER] }, ["show", "key-1"]);
  t.regex(away.stdout, /^No node sees this key now\.$/m);
  const document = JSON.parse((await ctl(t, { keys: [GIVING] }, ["show", "key-1", "--json"])).stdout);
  t.like(document, { keys: [{ port: "1-2" }], buffers: [], licenses: [{ id: "id-1" }] });
  const unknown = await ctl(t, { keys: [GIVING] }, ["show", "key-9"]);
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /^refused: NOT_FOUND No USB key key-9 is known\./m);
});

test("UK-ID-1: usb copy-id prints the id of the only key alone, and asks which one where there are several", async (t) => {
  const two = { keys: [GIVING, { ...COPY, keyId: "" }, COPY] };
  t.is((await ctl(t, { keys: [GIVING] }, ["copy-id"])).stdout, "key-1");
  t.is((await ctl(t, { keys: [GIVING] }, ["copy-id"], true)).stdout, "key-1\n");
  t.deepEqual(JSON.parse((await ctl(t, { keys: [GIVING] }, ["copy-id", "--json"])).stdout), {
    keyId: "key-1",
  });
  t.is((await ctl(t, two, ["copy-id", "key-2"])).stdout, "key-2");
  const several = await ctl(t, two, ["copy-id"]);
  t.is(several.code, 2);
  t.regex(several.stderr, /There are 2 USB keys: key-1, key-2\./);
  for (const args of [["copy-id"], ["copy-id", "key-9"]]) {
    const { code, stdout, stderr } = await ctl(t, {}, args);
    t.is(code, 1);
    t.is(stdout, "");
    t.regex(stderr, /usb list/);
  }
});

test("UK-ID-1: usb copy-id --clipboard has the terminal copy the id, and needs a terminal", async (t) => {
  const { stdout } = await ctl(t, { keys: [GIVING] }, ["copy-id", "--clipboard"], true);
  t.true(stdout.startsWith(`\u001b]52;c;${btoa("key-1")}\u0007`));
  const piped = await ctl(t, { keys: [GIVING] }, ["copy-id", "--clipboard"]);
  t.is(piped.code, 2);
  t.regex(piped.stderr, /--clipboard needs a terminal/);
});

test("threats 25, 27: what a device says of itself cannot steer the terminal", async (t) => {
  const evil = "k\u001b[2J\r\n\u202eb\u009b";
  const key = {
    ...GIVING,
    keyId: evil,
    model: evil,
    port: evil,
    status: UsbKeyStatus.NOT_COUNTING,
    message: evil,
  };
  const parts = {
    keys: [key],
    buffers: [{ ...BUFFER, keyId: evil }],
    statusRule: evil,
    status: UsbStatus.READY,
  };
  const outputs = [
    listed(parts),
    (await ctl(t, parts, ["show", evil])).stdout,
    (await ctl(t, { keys: [key] }, ["copy-id"])).stdout,
  ];
  for (const output of outputs) {
    t.true(output.includes("b"));
    t.false(/[^\n\P{Cc}]|\p{Cf}/u.test(output));
  }
});

test("ZL-7: reload says what became of the scan on each node", (t) => {
  const { stream, text } = capture();
  const usbScans = [
    { managementNodeId: "node-1", outcome: UsbScanOutcome.DONE, keyCount: 2 },
    { managementNodeId: "node-2", outcome: UsbScanOutcome.NO_ANSWER },
  ];
  writeReload(createScreen(stream, false), ReloadLicenseResponse.fromPartial({ usbScans }));
  t.regex(
    text(),
    /^USB ports of 2 nodes:\n {2}NODE +SCAN +KEYS\n {2}node-1 +DONE +2\n {2}node-2 +NO_ANSWER +0\n/,
  );
});
