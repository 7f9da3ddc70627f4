import test from "ava";
import { loadConfig } from "../../../src/config.ts";
import { EXIT_CODES, StartupError } from "../../../src/errors.ts";
import { tlsPathsOf } from "../../../src/tls/tls-settings.ts";

const CERT = { LICENSE_TLS_CERT: "/tls/server.pem" };
const KEY = { LICENSE_TLS_KEY: "/tls/server.key" };
const CLIENT_CA = { LICENSE_TLS_CLIENT_CA: "/tls/clients.pem" };
const IDENTITIES = { LICENSE_TLS_IDENTITIES: "identities.json" };
const PLAINTEXT = { LICENSE_PLAINTEXT: "on" };

function pathsOf(env: Record<string, string>, argv: readonly string[] = []) {
  const command = loadConfig(env, argv, { hostName: "n", isTerminal: false, workingDirectory: "/srv" });
  if (command.kind !== "run") throw new Error(`asked for ${command.kind}`);
  return tlsPathsOf(command.config);
}

test("production without a certificate is refused, and the line names both ways", (t) => {
  const error = t.throws(() => pathsOf({}), { instanceOf: StartupError });
  t.is(error?.exitCode, EXIT_CODES.settings);
  t.regex(error?.message ?? "", /LICENSE_TLS_CERT and LICENSE_TLS_KEY.*LICENSE_PLAINTEXT=on/);
  t.is(pathsOf(PLAINTEXT), undefined);
});

test("development mode speaks TLS if a certificate is set, else plaintext unless told otherwise", (t) => {
  t.is(pathsOf({}, ["--development"]), undefined);
  t.is(pathsOf({ ...CERT, ...KEY, ...PLAINTEXT }, ["--development"])?.key, "/tls/server.key");
  t.throws(() => pathsOf({ LICENSE_PLAINTEXT: "off" }, ["--development"]), { message: /no certificate/ });
});

test("all four files are absolute paths; relative ones start in the working directory", (t) => {
  t.deepEqual(pathsOf({ ...CERT, ...KEY, ...CLIENT_CA, ...IDENTITIES }), {
    certificate: "/tls/server.pem",
    key: "/tls/server.key",
    clientCa: "/tls/clients.pem",
    identities: "/srv/identities.json",
  });
});

const MISFITS: readonly [settings: Record<string, string>, message: RegExp][] = [
  [CERT, /^LICENSE_TLS_CERT is set and LICENSE_TLS_KEY is not/],
  [{ ...KEY, ...PLAINTEXT }, /^LICENSE_TLS_KEY is set and LICENSE_TLS_CERT is not/],
  [{ ...CLIENT_CA, ...PLAINTEXT }, /^LICENSE_TLS_CLIENT_CA is set and LICENSE_TLS_CERT is not/],
  [{ ...IDENTITIES, ...PLAINTEXT }, /^LICENSE_TLS_IDENTITIES is set and LICENSE_TLS_CERT is not/],
  [{ ...CERT, ...KEY, ...IDENTITIES }, /^LICENSE_TLS_IDENTITIES is set and LICENSE_TLS_CLIENT_CA is not/],
  [{ ...CERT, ...KEY, ...PLAINTEXT }, /asks for TLS and LICENSE_PLAINTEXT=on for none/],
];

for (const [settings, message] of MISFITS) {
  test(`${Object.keys(settings).join(" with ")} alone is a wrong setting`, (t) => {
    const error = t.throws(() => pathsOf(settings), { instanceOf: StartupError, message });
    t.is(error?.exitCode, EXIT_CODES.settings);
  });
}
