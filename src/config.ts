/** The only reader of the environment and the command line. Pure: the caller passes both in. */
import { StartupError } from "./errors.ts";
import { outsideText } from "./license-file/outside-text.ts";
import { nearestName } from "./nearest-name.ts";
import { readTraceSettings, type TraceSettings } from "./observability/trace-settings.ts";
import { absolutePath, SETTINGS, type Setting, type Surroundings, type UsbMode } from "./settings.ts";
import type { UsbIds } from "./usb/protocol/requests.ts";

type SettingName = keyof typeof SETTINGS;
type SettingValue<Name extends SettingName> =
  (typeof SETTINGS)[Name] extends Setting<infer Value> ? Value : never;

/** Which USB keys the server reads. */
export interface UsbConfig {
  /**
   * `on`: those in the host's ports, and in development mode the emulated ones too. `emulated`: the emulated ones
   * alone, in development mode only. `off`: none.
   */
  readonly mode: UsbMode;
  /** Devices that are keys; one at least. */
  readonly ids: readonly UsbIds[];
}

type PlainSettingName = Exclude<SettingName, "usbMode" | "usbIds">;

/** The configuration of one server process: every setting, by the table of `settings.ts`, and the mode. */
export type Config = { readonly [Name in PlainSettingName]: SettingValue<Name> } & {
  readonly usb: UsbConfig;
  /** Development mode: believes a test vendor of its own and serves reflection. */
  readonly isDevelopment: boolean;
  /** Traces by the variables of OpenTelemetry (`OTEL_*`); `undefined`: none. */
  readonly traces: TraceSettings | undefined;
};

/** What the command line asks for. */
export type Command =
  | { readonly kind: "run"; readonly config: Config }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

/** Variables as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the machine tells. */
export type Machine = Omit<Surroundings, "isDevelopment">;

const SWITCHES = ["development", "help", "version"] as const;

/*
 * A Kubernetes service named "license" or "license-service" puts variables of these names into every pod
 * of its namespace. They are no typing errors, but LICENSE_PORT=50051 is.
 */
const KUBERNETES_NAME =
  /^LICENSE(_SERVICE)?_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;
const KUBERNETES_VALUE = /^(tcp|udp|sctp):\/\//;

/**
 * The configuration by flags, then environment, then defaults. An empty variable counts as unset.
 *
 * @param argv arguments after the program's name.
 * @throws StartupError "settings" for an unknown variable or flag, with the nearest known name, and
 *   for a value that does not fit.
 */
export function loadConfig(env: Environment, argv: readonly string[], machine: Machine): Command {
  const flags = readFlags(argv);
  if (flags.has("help")) return { kind: "help" };
  if (flags.has("version")) return { kind: "version" };
  refuseUnknownVariables(env);
  const surroundings: Surroundings = { ...machine, isDevelopment: flags.has("development") };
  const read = <Value>(setting: Setting<Value>): Value => readSetting(setting, flags, env, surroundings);
  const absolute = (path: string | undefined) => path && absolutePath(path, surroundings);
  const config: Config = {
    isDevelopment: surroundings.isDevelopment,
    traces: readTraceSettings(env),
    databaseUrl: read(SETTINGS.databaseUrl),
    listen: read(SETTINGS.listen),
    tlsCertificate: absolute(read(SETTINGS.tlsCertificate)),
    tlsKey: absolute(read(SETTINGS.tlsKey)),
    tlsClientCa: absolute(read(SETTINGS.tlsClientCa)),
    tlsIdentities: absolute(read(SETTINGS.tlsIdentities)),
    isPlaintext: read(SETTINGS.isPlaintext),
    callsPerSecond: read(SETTINGS.callsPerSecond),
    callsAtOnce: read(SETTINGS.callsAtOnce),
    watchesAtOnce: read(SETTINGS.watchesAtOnce),
    connectionsPerIdentity: read(SETTINGS.connectionsPerIdentity),
    connections: read(SETTINGS.connections),
    metricsListen: read(SETTINGS.metricsListen),
    isMigrating: read(SETTINGS.isMigrating),
    dataDirectory: absolutePath(read(SETTINGS.dataDirectory), surroundings),
    profile: read(SETTINGS.profile),
    profileFile: absolute(read(SETTINGS.profileFile)),
    productVersion: read(SETTINGS.productVersion),
    nodeName: read(SETTINGS.nodeName),
    logLevel: read(SETTINGS.logLevel),
    logFormat: read(SETTINGS.logFormat),
    packageMaxBytes: read(SETTINGS.packageMaxBytes),
    revisionPollMs: read(SETTINGS.revisionPollMs),
    heartbeatMs: read(SETTINGS.heartbeatMs),
    shutdownGraceMs: read(SETTINGS.shutdownGraceMs),
    isReflectionOn: read(SETTINGS.isReflectionOn),
    usb: { mode: usbModeFor(surroundings, read(SETTINGS.usbMode)), ids: read(SETTINGS.usbIds) },
  };
  return { kind: "run", config };
}

/** Anybody can make an emulated key. */
function usbModeFor({ isDevelopment }: Surroundings, mode: UsbMode): UsbMode {
  if (mode !== "emulated" || isDevelopment) return mode;
  throw new StartupError(
    "settings",
    "LICENSE_USB=emulated is for development mode: in production only keys in real ports count. Set it to on or off.",
  );
}

function readSetting<Value>(
  setting: Setting<Value>,
  flags: ReadonlyMap<string, string>,
  env: Environment,
  surroundings: Surroundings,
): Value {
  const fromFlag = setting.flag === undefined ? undefined : flags.get(setting.flag);
  const text = fromFlag ?? (env[setting.variable] || undefined);
  if (text === undefined) return setting.fallback(surroundings);
  const parsed = setting.schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const source = fromFlag === undefined ? setting.variable : `--${setting.flag}`;
  // The value is not shown: it may be a database URL with its password.
  throw new StartupError("settings", `${source} must be ${parsed.error.issues[0]?.message}.`);
}

function readFlags(argv: readonly string[]): Map<string, string> {
  const valued = Object.values(SETTINGS).flatMap(({ flag }) => flag ?? []);
  const flags = new Map<string, string>();
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, name = "", inline] = /^--([a-z0-9-]+)(?:=(.*))?$/su.exec(argument) ?? [];
    const isSwitch = SWITCHES.some((known) => known === name);
    if (!isSwitch && !valued.includes(name)) throw unknownFlag(argument, [...SWITCHES, ...valued]);
    if (isSwitch && inline !== undefined) throw new StartupError("settings", `--${name} takes no value.`);
    const value = isSwitch ? "" : (inline ?? rest.shift());
    if (value === undefined || (!isSwitch && value === "")) {
      throw new StartupError("settings", `--${name} needs a value.`);
    }
    flags.set(name, value);
  }
  return flags;
}

function unknownFlag(argument: string, known: readonly string[]): StartupError {
  const flags = known.map((name) => `--${name}`);
  return new StartupError(
    "settings",
    `Unknown argument "${outsideText(argument)}"${didYouMean(argument, flags)}`,
  );
}

function refuseUnknownVariables(env: Environment): void {
  const known = Object.values(SETTINGS).map(({ variable }) => variable);
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("LICENSE_") || known.includes(name) || isOfKubernetes(name, value ?? "")) continue;
    throw new StartupError("settings", `Unknown setting ${outsideText(name)}${didYouMean(name, known)}`);
  }
}

function isOfKubernetes(name: string, value: string): boolean {
  return KUBERNETES_NAME.test(name) && (name !== "LICENSE_PORT" || KUBERNETES_VALUE.test(value));
}

function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name.split("=")[0] ?? name, known);
  return `; ${nearest === undefined ? "" : `did you mean ${nearest}? `}--help lists what there is.`;
}
