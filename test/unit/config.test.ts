import test from "ava";
import { type Command, type Config, loadConfig, type Machine } from "../../src/config.ts";
import { EXIT_CODES, StartupError } from "../../src/errors.ts";
import { helpText } from "../../src/help.ts";
import { SETTINGS } from "../../src/settings.ts";

const MACHINE: Machine = { hostName: "node-1", isTerminal: false, workingDirectory: "/srv/app" };

function configOf(env: Record<string, string>, argv: readonly string[] = [], machine = MACHINE): Config {
  const command: Command = loadConfig(env, argv, machine);
  if (command.kind !== "run") throw new Error(`asked for ${command.kind}`);
  return command.config;
}

function refusalOf(env: Record<string, string>, argv: readonly string[] = []): string {
  try {
    loadConfig(env, argv, MACHINE);
  } catch (error) {
    if (error instanceof StartupError && error.exitCode === EXIT_CODES.settings) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("without settings production defaults hold", (t) => {
  t.deepEqual(configOf({}), {
    isDevelopment: false,
    databaseUrl: undefined,
    listen: { host: "127.0.0.1", port: 50_051 },
    tlsCertificate: undefined,
    tlsKey: undefined,
    tlsClientCa: undefined,
    tlsIdentities: undefined,
    isPlaintext: false,
    callsPerSecond: 10_000,
    callsAtOnce: 1000,
    watchesAtOnce: 10_000,
    connectionsPerIdentity: 5000,
    connections: 10_000,
    metricsListen: { host: "127.0.0.1", port: 9464 },
    isMigrating: true,
    traces: undefined,
    dataDirectory: "/var/lib/license-service",
    profile: undefined,
    profileFile: undefined,
    productVersion: undefined,
    nodeName: "node-1",
    logLevel: "info",
    logFormat: "json",
    packageMaxBytes: 1_048_576,
    revisionPollMs: 1000,
    heartbeatMs: 10_000,
    shutdownGraceMs: 5000,
    isReflectionOn: false,
    usb: { mode: "on", ids: [{ vendorId: 0x1209, productId: 1 }] },
  });
});

test("development mode has a data directory in place, reflection, and a log for people on a terminal", (t) => {
  const config = configOf({}, ["--development"]);
  t.true(config.isDevelopment);
  t.true(config.isReflectionOn);
  t.is(config.dataDirectory, "/srv/app/data");
  t.is(config.logFormat, "json");
  t.is(configOf({}, ["--development"], { ...MACHINE, isTerminal: true }).logFormat, "pretty");
  t.is(configOf({}, [], { ...MACHINE, isTerminal: true }).logFormat, "json");
});

const READINGS: readonly [variable: string, text: string, name: keyof Config, value: unknown][] = [
  ["DATABASE_URL", "postgresql://u:p@db:5432/l", "databaseUrl", "postgresql://u:p@db:5432/l"],
  ["DATABASE_URL", "postgres://%2Frun%2Fpg/l", "databaseUrl", "postgres://%2Frun%2Fpg/l"],
  ["LICENSE_LISTEN", "0.0.0.0:0", "listen", { host: "0.0.0.0", port: 0 }],
  ["LICENSE_LISTEN", "[::1]:7000", "listen", { host: "::1", port: 7000 }],
  ["LICENSE_LISTEN", "license.example:65535", "listen", { host: "license.example", port: 65_535 }],
  ["LICENSE_DATA_DIR", "state/here", "dataDirectory", "/srv/app/state/here"],
  ["LICENSE_DATA_DIR", "/data/", "dataDirectory", "/data"],
  ["LICENSE_PROFILE", "unicloud-usphere", "profile", "unicloud-usphere"],
  ["LICENSE_PROFILE_FILE", "own/profile.json", "profileFile", "/srv/app/own/profile.json"],
  ["LICENSE_PRODUCT_VERSION", "E0123P01", "productVersion", "E0123P01"],
  ["LICENSE_NODE_NAME", "rack 4", "nodeName", "rack 4"],
  ["LICENSE_LOG_LEVEL", "debug", "logLevel", "debug"],
  ["LICENSE_LOG_FORMAT", "pretty", "logFormat", "pretty"],
  ["LICENSE_PACKAGE_MAX_BYTES", "2048", "packageMaxBytes", 2048],
  ["LICENSE_REVISION_POLL_MS", "100", "revisionPollMs", 100],
  ["LICENSE_METRICS_LISTEN", "off", "metricsListen", undefined],
  ["LICENSE_METRICS_LISTEN", "[::1]:0", "metricsListen", { host: "::1", port: 0 }],
  ["LICENSE_TLS_CERT", "tls/server.pem", "tlsCertificate", "/srv/app/tls/server.pem"],
  ["LICENSE_PLAINTEXT", "on", "isPlaintext", true],
  ["LICENSE_MIGRATE", "off", "isMigrating", false],
  ["LICENSE_CALLS_PER_SECOND", "1", "callsPerSecond", 1],
  ["LICENSE_HEARTBEAT_MS", "300000", "heartbeatMs", 300_000],
  ["LICENSE_SHUTDOWN_GRACE_MS", "0", "shutdownGraceMs", 0],
  ["LICENSE_REFLECTION", "on", "isReflectionOn", true],
  ["LICENSE_REFLECTION", "off", "isReflectionOn", false],
  ["LICENSE_USB", "off", "usb", { mode: "off", ids: [{ vendorId: 0x1209, productId: 1 }] }],
  [
    "LICENSE_USB_IDS",
    "1209:0002,FFFF:abcd",
    "usb",
    {
      mode: "on",
      ids: [
        { vendorId: 0x1209, productId: 2 },
        { vendorId: 0xffff, productId: 0xabcd },
      ],
    },
  ],
];

for (const [variable, text, name, value] of READINGS) {
  test(`${variable}=${text} is read`, (t) => {
    t.deepEqual(configOf({ [variable]: text })[name], value);
  });
}

test("UK-NO-1: emulated keys are read in development mode only", (t) => {
  t.is(configOf({ LICENSE_USB: "emulated" }, ["--development"]).usb.mode, "emulated");
  t.regex(refusalOf({ LICENSE_USB: "emulated" }), /development mode.*Set it to on or off/);
});

test("an empty variable counts as unset", (t) => {
  t.deepEqual(configOf({ LICENSE_LISTEN: "", DATABASE_URL: "", LICENSE_LOG_LEVEL: "" }), configOf({}));
});

const REFUSALS: readonly [variable: string, text: string, message: RegExp][] = [
  ["DATABASE_URL", "mysql://root@db/l", /^DATABASE_URL must be a URL: postgresql:/],
  ["DATABASE_URL", "db:5432", /^DATABASE_URL must be a URL/],
  ["LICENSE_LISTEN", "50051", /^LICENSE_LISTEN must be host:port/],
  ["LICENSE_LISTEN", "::1:50051", /host:port/],
  ["LICENSE_LISTEN", "127.0.0.1:65536", /port 0 to 65535/],
  ["LICENSE_LISTEN", "127.0.0.1:", /host:port/],
  ["LICENSE_PROFILE", "zstack", /^LICENSE_PROFILE must be one of zstack-cloud/],
  ["LICENSE_NODE_NAME", "a\nb", /printable/],
  ["LICENSE_LOG_LEVEL", "INFO", /one of trace, debug/],
  ["LICENSE_LOG_FORMAT", "xml", /one of json, pretty/],
  ["LICENSE_PACKAGE_MAX_BYTES", "1023", /a whole number from 1024 to 8388608/],
  ["LICENSE_PACKAGE_MAX_BYTES", "1e6", /a whole number/],
  ["LICENSE_PACKAGE_MAX_BYTES", "9007199254740993", /a whole number/],
  ["LICENSE_REVISION_POLL_MS", "99", /from 100 to 60000/],
  ["LICENSE_METRICS_LISTEN", "9464", /host:port, \[IPv6\]:port, port 0 to 65535, or off/],
  ["LICENSE_METRICS_LISTEN", "none", /or off/],
  ["LICENSE_CALLS_AT_ONCE", "0", /from 1 to 1000000/],
  ["LICENSE_HEARTBEAT_MS", "-1", /from 100 to 300000/],
  ["LICENSE_SHUTDOWN_GRACE_MS", "300001", /from 0 to 300000/],
  ["LICENSE_REFLECTION", "true", /one of on, off/],
  ["LICENSE_USB", "host", /^LICENSE_USB must be one of on, off, emulated/],
  ["LICENSE_USB_IDS", "1209", /^LICENSE_USB_IDS must be 1 to 16 ids as vendor:product/],
  ["LICENSE_USB_IDS", "1209:1", /for example 1209:0001/],
  ["LICENSE_USB_IDS", "1209:0001, 1209:0002", /commas between them/],
  ["LICENSE_USB_IDS", "1209:0001,", /commas between them/],
  ["LICENSE_USB_IDS", "1209:00aa,1209:00AA", /none twice/],
  ["LICENSE_USB_IDS", Array.from({ length: 17 }, (_, i) => `1209:${1000 + i}`).join(), /1 to 16 ids/],
];

for (const [variable, text, message] of REFUSALS) {
  test(`${variable}=${JSON.stringify(text)} is refused`, (t) => {
    t.regex(refusalOf({ [variable]: text }), message);
  });
}

test("a refused database URL is not repeated, for it may hold a password", (t) => {
  t.notRegex(refusalOf({ DATABASE_URL: "http://license:hunter2@db/l" }), /hunter2/);
});

test("every LICENSE_ setting has a flag, and the flag beats the environment", (t) => {
  const env = { LICENSE_LISTEN: "127.0.0.1:1", LICENSE_LOG_LEVEL: "warn" };
  const config = configOf(env, ["--listen", "127.0.0.1:2", "--log-level=debug"]);
  t.is(config.listen.port, 2);
  t.is(config.logLevel, "debug");
  for (const { variable, flag } of Object.values(SETTINGS)) {
    t.is(flag === undefined, variable === "DATABASE_URL", variable);
  }
});

test("an unknown variable is refused with the nearest known one", (t) => {
  t.regex(
    refusalOf({ LICENSE_LISTNE: "x" }),
    /^Unknown setting LICENSE_LISTNE; did you mean LICENSE_LISTEN\?/,
  );
  t.regex(refusalOf({ LICENSE_HEARTBEAT: "1" }), /did you mean LICENSE_HEARTBEAT_MS\?/);
  t.regex(refusalOf({ LICENSE_QUITE_ANOTHER_THING: "1" }), /THING; --help lists/);
});

test("variables of other programs, and those that Kubernetes makes for a service of our name, are left alone", (t) => {
  const others = {
    PATH: "/bin",
    LICENSECTL_TOKEN: "x",
    LICENSE_SERVICE_HOST: "10.0.0.1",
    LICENSE_SERVICE_PORT: "50051",
    LICENSE_SERVICE_PORT_GRPC: "50051",
    LICENSE_PORT: "tcp://10.0.0.1:50051",
    LICENSE_PORT_50051_TCP: "tcp://10.0.0.1:50051",
    LICENSE_PORT_50051_TCP_ADDR: "10.0.0.1",
    LICENSE_SERVICE_SERVICE_HOST: "10.0.0.1",
    LICENSE_SERVICE_PORT_50051_TCP_PROTO: "tcp",
  };
  t.deepEqual(configOf(others), configOf({}));
});

test("LICENSE_PORT=50051 is a guess at a setting, not Kubernetes, and refused", (t) => {
  t.regex(refusalOf({ LICENSE_PORT: "50051" }), /^Unknown setting LICENSE_PORT/);
});

test("an unknown flag is refused with the nearest known one", (t) => {
  t.regex(
    refusalOf({}, ["--developement"]),
    /^Unknown argument "--developement"; did you mean --development\?/,
  );
  t.regex(refusalOf({}, ["--data-dri=/x"]), /did you mean --data-dir\?/);
  t.regex(refusalOf({}, ["serve"]), /^Unknown argument "serve"/);
  t.regex(refusalOf({}, ["--database-url=postgres://x"]), /^Unknown argument/);
});

test("a flag without its value, and a switch with one, are refused", (t) => {
  t.regex(refusalOf({}, ["--listen"]), /^--listen needs a value/);
  t.regex(refusalOf({}, ["--listen="]), /^--listen needs a value/);
  t.regex(refusalOf({}, ["--development=yes"]), /^--development takes no value/);
  t.regex(refusalOf({}, ["--heartbeat-ms", "x"]), /^--heartbeat-ms must be a whole number/);
});

test("threat 27: outside text in a refusal is escaped and cut", (t) => {
  const message = refusalOf({}, [`--\u001b[31m\u202e${"x".repeat(5000)}`]);
  t.notRegex(message, /[\p{Cc}\p{Cf}]/u);
  t.true(message.length < 250);
});

test("threat 9: no setting names vendor keys or anything that could add one", (t) => {
  const names = Object.values(SETTINGS).map(({ variable }) => variable);
  t.deepEqual(
    names.filter((name) => /TRUST|ANCHOR|VENDOR|KEY|ISSUER|CERT|CA$/.test(name)),
    // Of connections; src/tls and nothing else reads them.
    ["LICENSE_TLS_CERT", "LICENSE_TLS_KEY", "LICENSE_TLS_CLIENT_CA"],
  );
  t.regex(refusalOf({ LICENSE_TRUST_DIR: "/tmp/mine" }), /^Unknown setting/);
});

test("--help and --version ask for nothing else, and --help names every setting, flag and exit code", (t) => {
  t.is(loadConfig({ LICENSE_WRONG: "1" }, ["--help"], MACHINE).kind, "help");
  t.is(loadConfig({}, ["--version"], MACHINE).kind, "version");
  const text = helpText();
  for (const { variable, flag, meaning } of Object.values(SETTINGS)) {
    for (const part of [variable, flag ?? "", meaning]) t.true(text.includes(part), part);
  }
  for (const code of Object.values(EXIT_CODES)) t.regex(text, new RegExp(`\\b${code} `));
});
