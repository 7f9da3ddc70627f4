/**
 * The settings of the server in one table: what `--help` prints, what the environment and the flags
 * are read by. None of them touches the keys that licenses are verified with (threat 9).
 */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { PROFILE_NAMES, type ProfileName } from "./profiles/load-profile.ts";
import { DEFAULT_USB_IDS, type UsbIds } from "./usb/protocol/requests.ts";
import { formatUsbId, MAX_USB_IDS, parseUsbIds } from "./usb/usb-id.ts";

/** What a default may depend on. */
export interface Surroundings {
  readonly isDevelopment: boolean;
  /** Name of the host. */
  readonly hostName: string;
  /** The log goes to a terminal. */
  readonly isTerminal: boolean;
  /** Relative paths start here. */
  readonly workingDirectory: string;
}

/** One setting: a variable, its flag, and how it is read. */
export interface Setting<Value> {
  /** Environment variable. */
  readonly variable: string;
  /** Long flag without its dashes; `undefined`: none. A flag beats the environment. */
  readonly flag: string | undefined;
  /** For `--help`: what the value looks like, and its unit. */
  readonly unit: string;
  readonly meaning: string;
  /** For `--help`. */
  readonly defaultText: string;
  /** Reads the text; the messages of its issues continue "must be ...". */
  readonly schema: z.ZodType<Value, string>;
  readonly fallback: (surroundings: Surroundings) => Value;
}

/** Where to listen. */
export interface ListenAddress {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Whose USB keys are read. */
export const USB_MODES = ["on", "off", "emulated"] as const;

/** One of {@link USB_MODES}. */
export type UsbMode = (typeof USB_MODES)[number];

const ADDRESS = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^\s:[\]/]+)):(?<port>\d{1,5})$/;

const address = z.string().transform((text, context): ListenAddress => {
  const groups = ADDRESS.exec(text)?.groups;
  const port = Number(groups?.["port"]);
  const host = groups?.["v6"] ?? groups?.["host"];
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue({ code: "custom", message: "host:port, [IPv6]:port, port 0 to 65535" });
  return z.NEVER;
});

function wholeNumber(least: number, most: number): z.ZodType<number, string> {
  const message = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

function choice<const Word extends string>(words: readonly Word[]): z.ZodType<Word, string> {
  return z.enum(words, { error: `one of ${words.join(", ")}` });
}

const addressOrOff = z
  .string()
  .transform((text) => (text === "off" ? undefined : text))
  .pipe(z.union([z.undefined(), address], { error: "host:port, [IPv6]:port, port 0 to 65535, or off" }));

const onOff = choice(["on", "off"]).transform((word) => word === "on");
const path = z.string().regex(/^[^\0]+$/, "a path");
const oneLine = z.string().regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,100}$/u, "1 to 100 printable characters");
const usbIds = z.string().transform((text, context): readonly UsbIds[] => {
  const ids = parseUsbIds(text);
  if (ids !== undefined) return ids;
  const message = `1 to ${MAX_USB_IDS} ids as vendor:product in hexadecimal with commas between them, none twice, for example 1209:0001`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
const databaseUrl = z
  .string()
  .refine((text) => ["postgres:", "postgresql:"].includes(URL.parse(text)?.protocol ?? ""), {
    message: "a URL: postgresql://user:password@host:5432/database",
  });

/** Every setting of the server. */
export const SETTINGS = {
  databaseUrl: setting({
    variable: "DATABASE_URL",
    flag: undefined, // A command line shows in the process list, and the URL may hold a password.
    unit: "URL",
    meaning: "PostgreSQL 14 or newer. Unset: the service runs a PostgreSQL of its own in the data directory.",
    defaultText: "unset",
    schema: databaseUrl,
    fallback: (): string | undefined => undefined,
  }),
  listen: setting({
    variable: "LICENSE_LISTEN",
    unit: "host:port",
    meaning: "Address to serve gRPC on. Port 0: any free port.",
    defaultText: "127.0.0.1:50051",
    schema: address,
    fallback: () => ({ host: "127.0.0.1", port: 50_051 }),
  }),
  tlsCertificate: setting({
    variable: "LICENSE_TLS_CERT",
    unit: "path",
    meaning:
      "PEM file of the server's certificate chain, its own certificate first. Read again when it changes.",
    defaultText: "unset",
    schema: path,
    fallback: (): string | undefined => undefined,
  }),
  tlsKey: setting({
    variable: "LICENSE_TLS_KEY",
    unit: "path",
    meaning: "PEM file of the certificate's private key.",
    defaultText: "unset",
    schema: path,
    fallback: (): string | undefined => undefined,
  }),
  tlsClientCa: setting({
    variable: "LICENSE_TLS_CLIENT_CA",
    unit: "path",
    meaning:
      "PEM file of the authorities whose client certificates are asked for (mutual TLS). Unset: none is.",
    defaultText: "unset",
    schema: path,
    fallback: (): string | undefined => undefined,
  }),
  tlsIdentities: setting({
    variable: "LICENSE_TLS_IDENTITIES",
    unit: "path",
    meaning: "JSON file that gives roles to client certificates. Unset: a certificate alone has no role.",
    defaultText: "unset",
    schema: path,
    fallback: (): string | undefined => undefined,
  }),
  isPlaintext: setting({
    variable: "LICENSE_PLAINTEXT",
    unit: "on | off",
    meaning: "Serve without TLS when no certificate is set: for loopback, or behind a proxy that ends TLS.",
    defaultText: "off; in development mode on",
    schema: onOff,
    fallback: ({ isDevelopment }) => isDevelopment,
  }),
  callsPerSecond: setting({
    variable: "LICENSE_CALLS_PER_SECOND",
    unit: "calls",
    meaning: "Calls a second that one identity may begin, over some seconds.",
    defaultText: "10000",
    schema: wholeNumber(1, 1_000_000),
    fallback: () => 10_000,
  }),
  callsAtOnce: setting({
    variable: "LICENSE_CALLS_AT_ONCE",
    unit: "calls",
    meaning: "Calls of one identity that may run at once, watches aside.",
    defaultText: "1000",
    schema: wholeNumber(1, 1_000_000),
    fallback: () => 1000,
  }),
  watchesAtOnce: setting({
    variable: "LICENSE_WATCHES_AT_ONCE",
    unit: "watches",
    meaning: "Watches of one identity that may be open at once.",
    defaultText: "10000",
    schema: wholeNumber(1, 1_000_000),
    fallback: () => 10_000,
  }),
  connectionsPerIdentity: setting({
    variable: "LICENSE_CONNECTIONS_PER_IDENTITY",
    unit: "connections",
    meaning: "Connections that one identity may use at once.",
    defaultText: "5000",
    schema: wholeNumber(1, 1_000_000),
    fallback: () => 5000,
  }),
  connections: setting({
    variable: "LICENSE_CONNECTIONS",
    unit: "connections",
    meaning: "Connections in all; further ones are closed at once.",
    defaultText: "10000",
    schema: wholeNumber(1, 1_000_000),
    fallback: () => 10_000,
  }),
  metricsListen: setting({
    variable: "LICENSE_METRICS_LISTEN",
    unit: "host:port | off",
    meaning:
      "Address to serve Prometheus metrics on, over plain HTTP. They name no customer and hold no secret.",
    defaultText: "127.0.0.1:9464",
    schema: addressOrOff,
    fallback: (): ListenAddress | undefined => ({ host: "127.0.0.1", port: 9464 }),
  }),
  isMigrating: setting({
    variable: "LICENSE_MIGRATE",
    unit: "on | off",
    meaning:
      "Bring the database's schema up to this program's at the start. Off: `licensectl migrate` does, by another login.",
    defaultText: "on",
    schema: onOff,
    fallback: () => true,
  }),
  dataDirectory: setting({
    variable: "LICENSE_DATA_DIR",
    unit: "path",
    meaning: "Directory of the platform key, the node id, the first admin token and the embedded database.",
    defaultText: "/var/lib/license-service; in development mode ./data",
    schema: path,
    fallback: ({ isDevelopment }) => (isDevelopment ? "data" : "/var/lib/license-service"),
  }),
  profile: setting({
    variable: "LICENSE_PROFILE",
    unit: PROFILE_NAMES.join(" | "),
    meaning: "Product whose rules apply. A database keeps the profile that it was born with.",
    defaultText: "zstack-cloud, unless a profile file is named",
    schema: choice(PROFILE_NAMES),
    fallback: (): ProfileName | undefined => undefined,
  }),
  profileFile: setting({
    variable: "LICENSE_PROFILE_FILE",
    unit: "path",
    meaning:
      "Profile of another product, instead of LICENSE_PROFILE. In production the package must hold the same file in trust/profiles.",
    defaultText: "unset",
    schema: path,
    fallback: (): string | undefined => undefined,
  }),
  productVersion: setting({
    variable: "LICENSE_PRODUCT_VERSION",
    unit: "E<4 digits>[P<2 digits>]",
    meaning: "Version of the product. Unset, or written otherwise: not known.",
    defaultText: "unset",
    schema: oneLine,
    fallback: (): string | undefined => undefined,
  }),
  nodeName: setting({
    variable: "LICENSE_NODE_NAME",
    unit: "text",
    meaning: "Name of this node, for people.",
    defaultText: "the host's name",
    schema: oneLine,
    fallback: ({ hostName }) => hostName,
  }),
  usbMode: setting({
    variable: "LICENSE_USB",
    unit: "on | off | emulated",
    meaning:
      "Read USB keys in the ports of this host; in development mode also emulated ones in <data dir>/usb-ports. Emulated: only those.",
    defaultText: "on",
    schema: choice(USB_MODES),
    fallback: (): UsbMode => "on",
  }),
  usbIds: setting({
    variable: "LICENSE_USB_IDS",
    unit: "vendor:product[,...]",
    meaning: "Devices that are keys, by vendor and product id in hexadecimal. All others are left alone.",
    defaultText: formatUsbId(DEFAULT_USB_IDS),
    schema: usbIds,
    fallback: (): readonly UsbIds[] => [DEFAULT_USB_IDS],
  }),
  logLevel: setting({
    variable: "LICENSE_LOG_LEVEL",
    unit: "trace | debug | info | warn | error | fatal",
    meaning:
      "Least level that is logged. Good answers of GetLicenseCapabilities, health and reflection are logged at debug.",
    defaultText: "info",
    schema: choice(["trace", "debug", "info", "warn", "error", "fatal"]),
    fallback: () => "info" as const,
  }),
  logFormat: setting({
    variable: "LICENSE_LOG_FORMAT",
    unit: "json | pretty",
    meaning: "One JSON object a line, or lines for people.",
    defaultText: "json; in development mode on a terminal pretty",
    schema: choice(["json", "pretty"]),
    fallback: ({ isDevelopment, isTerminal }) => (isDevelopment && isTerminal ? "pretty" : "json"),
  }),
  packageMaxBytes: setting({
    variable: "LICENSE_PACKAGE_MAX_BYTES",
    unit: "bytes",
    meaning: "Largest package that UploadLicense takes.",
    defaultText: "1048576 (1 MiB)",
    // Beyond this, what a package inflates to is refused anyway.
    schema: wholeNumber(1024, 8 * 1024 * 1024),
    fallback: () => 1024 * 1024,
  }),
  revisionPollMs: setting({
    variable: "LICENSE_REVISION_POLL_MS",
    unit: "ms",
    meaning: "How often the database is asked for a new revision and for revoked tokens.",
    defaultText: "1000",
    schema: wholeNumber(100, 60_000),
    fallback: () => 1000,
  }),
  heartbeatMs: setting({
    variable: "LICENSE_HEARTBEAT_MS",
    unit: "ms",
    meaning: "How often an idle watch carries a sign of life.",
    defaultText: "10000",
    schema: wholeNumber(100, 300_000),
    fallback: () => 10_000,
  }),
  shutdownGraceMs: setting({
    variable: "LICENSE_SHUTDOWN_GRACE_MS",
    unit: "ms",
    meaning: "How long running calls may take to end when the service stops.",
    defaultText: "5000",
    schema: wholeNumber(0, 300_000),
    fallback: () => 5000,
  }),
  isReflectionOn: setting({
    variable: "LICENSE_REFLECTION",
    unit: "on | off",
    meaning: "Serve gRPC reflection. In development mode it needs no token, in production any token.",
    defaultText: "off; in development mode on",
    schema: onOff,
    fallback: ({ isDevelopment }) => isDevelopment,
  }),
} as const;

/** `dataDirectory` as an absolute path. */
export function absolutePath(text: string, { workingDirectory }: Surroundings): string {
  return isAbsolute(text) ? resolve(text) : resolve(workingDirectory, text);
}

function setting<Value>(parts: Omit<Setting<Value>, "flag"> & { flag?: undefined }): Setting<Value> {
  const flag = parts.variable.startsWith("LICENSE_")
    ? parts.variable.slice("LICENSE_".length).toLowerCase().replaceAll("_", "-")
    : undefined;
  return { ...parts, flag };
}
