/** USB keys for people: the table of `usb list`, one key of `usb show`, and what is common to them. */
import {
  type ListUsbKeysResponse,
  type UsbBuffer,
  type UsbKey,
  UsbKeyProblem,
  UsbKeyStatus,
  type UsbNode,
  UsbStatus,
  UsbUnavailableReason,
} from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, type Style, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant, formatRelative, formatWithDistance } from "../output/time.ts";

/** Writes everything of the answer for people; distances in time count from its own instant. */
export function writeUsbKeys(screen: Screen, answer: ListUsbKeysResponse): void {
  const from = answer.evaluatedAt ?? new Date();
  if (answer.keys.length === 0) screen.line`No USB keys.`;
  else writeTable(screen, keyColumns(from), answer.keys);
  writeComplaints(screen, answer.keys);
  writeStatus(screen, answer);
  writeBuffers(screen, answer.buffers, from);
  writeBlindNodes(screen, answer);
  if (answer.staleSince !== undefined) {
    screen.line`\nStale since ${formatInstant(answer.staleSince)}: the database is away, and keys of other nodes are shown as they were then.`;
  }
}

function keyColumns(from: Date): ReadonlyArray<Column<UsbKey>> {
  return [
    { title: "KEY", cell: ({ keyId }) => styled("bold", keyId) },
    { title: "STATUS", cell: showKeyStatus },
    { title: "NODE", cell: ({ managementNodeId }) => managementNodeId },
    { title: "MODEL", cell: ({ model }) => model },
    { title: "PORT", cell: ({ port }) => port },
    { title: "PROVED", cell: ({ provedTime }) => showAge(provedTime, from) },
    { title: "LICENSES", cell: ({ licenseIds }) => licenseIds.length, align: "right" },
  ];
}

const KEY_STYLES: Readonly<Record<number, Style>> = {
  [UsbKeyStatus.GIVING]: "green",
  [UsbKeyStatus.BESIDE_OTHERS]: "yellow",
  [UsbKeyStatus.JUST_GONE]: "yellow",
};

/** What a key is worth, with what is against it: "GIVING", "NOT_COUNTING COPY". */
export function showKeyStatus({ status, problem }: UsbKey): Inline {
  const words = [nameOf(UsbKeyStatus, status)];
  if (problem !== UsbKeyProblem.UNSPECIFIED) words.push(nameOf(UsbKeyProblem, problem));
  return styled(KEY_STYLES[status] ?? "red", words.join(" "));
}

function isGood({ status, problem }: UsbKey): boolean {
  return status === UsbKeyStatus.GIVING && problem === UsbKeyProblem.UNSPECIFIED;
}

function writeComplaints(screen: Screen, keys: readonly UsbKey[]): void {
  const bad = keys.filter((key) => !isGood(key) && key.message !== "");
  if (bad.length > 0) screen.line``;
  for (const { keyId, port, message } of bad) {
    screen.line`${styled("bold", keyId || "A device")} in port ${port || "-"}: ${message}`;
  }
}

/** Ages of proofs are by the database's clock, and none is yet to come. */
function showAge(instant: Date | undefined, from: Date): string | undefined {
  if (instant === undefined) return undefined;
  return instant < from ? formatRelative(instant, from) : "now";
}

const STATUS_WORDS: Readonly<Record<number, readonly [style: Style, word: string, meaning: string]>> = {
  [UsbStatus.MISSING]: ["red", "Missing", ": no key counts on any node"],
  [UsbStatus.READY]: ["green", "Ready", ""],
  [UsbStatus.ABNORMAL]: ["yellow", "Abnormal", ": more keys count than one; rights are not affected"],
  [UsbStatus.FAULT]: ["red", "Fault", ": no key gives its rights; pull all keys of a node but one"],
};

/** How the platform stands with its keys in one word; `undefined`: no key ever gave rights. */
export function showUsbStatus(status: UsbStatus): Inline | undefined {
  if (status === UsbStatus.UNSPECIFIED) return undefined;
  const [style, word] = STATUS_WORDS[status] ?? ["bold", nameOf(UsbStatus, status)];
  return styled(style, word);
}

function writeStatus(screen: Screen, { status, statusRule }: ListUsbKeysResponse): void {
  const word = showUsbStatus(status);
  if (word === undefined) return;
  const meaning = STATUS_WORDS[status]?.[2] ?? "";
  screen.line`\nUSB keys: ${word}${statusRule === "" ? "" : ` (${statusRule})`}${meaning}`;
}

/** Writes the buffers that run, if there are any. */
export function writeBuffers(screen: Screen, buffers: readonly UsbBuffer[], from: Date): void {
  if (buffers.length === 0) return;
  const columns: ReadonlyArray<Column<UsbBuffer>> = [
    { title: "KEY", cell: ({ keyId }) => styled("bold", keyId) },
    { title: "REMOVED (UTC)", cell: ({ startTime }) => startTime && formatInstant(startTime) },
    { title: "BUFFER ENDS (UTC)", cell: ({ expireTime }) => formatWithDistance(expireTime, from) },
  ];
  screen.line`\n${styled("bold", "Buffers")} (${buffers.length}): rights go on after a key's removal`;
  writeTable(screen, columns, buffers);
}

function writeBlindNodes(screen: Screen, answer: ListUsbKeysResponse): void {
  const blind = answer.nodes.filter(({ unavailableReason }) => isUnavailable(unavailableReason));
  if (blind.length > 0) {
    screen.line`\n${styled("bold", "Nodes that read no keys")} (${blind.length})`;
    writeTable(screen, NODE_COLUMNS, blind);
  } else if (isUnavailable(answer.unavailableReason)) {
    screen.line`The node that answered reads no keys: ${nameOf(UsbUnavailableReason, answer.unavailableReason)}. ${answer.unavailableMessage}`;
  }
}

const NODE_COLUMNS: ReadonlyArray<Column<UsbNode>> = [
  { title: "NODE", cell: ({ managementNodeId }) => managementNodeId },
  {
    title: "REASON",
    cell: ({ unavailableReason }) => styled("yellow", nameOf(UsbUnavailableReason, unavailableReason)),
  },
  { title: "LAST SCAN (UTC)", cell: ({ scannedTime }) => scannedTime && formatInstant(scannedTime) },
  { title: "WHY", cell: ({ unavailableMessage }) => unavailableMessage },
];

function isUnavailable(reason: UsbUnavailableReason): boolean {
  return reason !== UsbUnavailableReason.UNSPECIFIED;
}

/** Writes all that one node says of a key; distances in time count from `from`. */
export function writeUsbKey(screen: Screen, key: UsbKey, from: Date): void {
  const text = (value: string): string | undefined => (value === "" ? undefined : value);
  screen.fields([
    ["key", styled("bold", key.keyId)],
    ["status", showKeyStatus(key)],
    ["why", text(key.message)],
    ["refused for", text(key.licenseReason)],
    ["node", text(key.managementNodeId)],
    ["port", text(key.port)],
    ["model", text(key.model)],
    ["public key", key.publicKeyThumbprint === "" ? undefined : `${key.publicKeyThumbprint} (thumbprint)`],
    ["proved", key.provedTime === undefined ? "never" : showInstant(key.provedTime, from)],
    ["seen", key.seenTime && showInstant(key.seenTime, from)],
  ]);
}

function showInstant(instant: Date, from: Date): string {
  return `${formatInstant(instant)} (${showAge(instant, from)})`;
}
