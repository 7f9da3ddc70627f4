import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { CliError } from "../../../src/cli/cli-error.ts";
import { readTransport, type Transport, type TransportFlags } from "../../../src/cli/connection/transport.ts";
import { readSettings } from "../../../src/cli/settings.ts";
import { createTestAuthority, encryptKey } from "../../helpers/certificates.ts";

const authority = createTestAuthority();
const other = createTestAuthority();
const client = authority.issue();

/** A directory with the files of a client, and one of everything that is wrong. */
async function makeFiles(t: ExecutionContext) {
  const directory = await mkdtemp(join(tmpdir(), "licensectl-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const contents = {
    ca: `${authority.certificate}${other.certificate}`,
    cert: `${client.certificate}${authority.certificate}`,
    key: client.key,
    otherKey: other.key,
    lockedKey: encryptKey(client, "open sesame"),
    damaged: client.certificate.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA"),
    empty: "",
  };
  const paths = Object.fromEntries(Object.keys(contents).map((name) => [name, join(directory, name)]));
  await Promise.all(Object.entries(contents).map(([name, text]) => writeFile(join(directory, name), text)));
  return paths as Record<keyof typeof contents, string>;
}

function read(flags: TransportFlags, isLocal: boolean, env: Record<string, string> = {}): Promise<Transport> {
  return readTransport({ flags, env, isLocal });
}

async function faultOf(flags: TransportFlags, env: Record<string, string> = {}): Promise<CliError> {
  const error: unknown = await read(flags, true, env).catch((thrown: unknown) => thrown);
  if (!(error instanceof CliError)) throw new Error(`expected a refusal, met ${JSON.stringify(error)}`);
  return error;
}

test("this machine is met in plaintext, every other by TLS", async (t) => {
  for (const [address, kind] of [
    ["127.0.0.1:50051", "plaintext"],
    ["127.8.9.10", "plaintext"],
    ["localhost", "plaintext"],
    ["[::1]:50051", "plaintext"],
    ["unix:/run/license.sock", "plaintext"],
    ["10.0.0.5:50051", "tls"],
    ["[fd00::1]:50051", "tls"],
    ["license.example", "tls"],
    ["localhost.example", "tls"],
    ["127.0.0.1.evil.example", "tls"],
  ] as const) {
    t.is((await readSettings({ address }, { LICENSECTL_TOKEN: "x" })).transport.kind, kind, address);
  }
});

test("--plaintext takes TLS away, whatever the environment says", async (t) => {
  const { ca } = await makeFiles(t);
  t.deepEqual(await read({ plaintext: true }, false), { kind: "plaintext" });
  t.deepEqual(await read({ plaintext: true }, false, { LICENSECTL_CA: ca }), { kind: "plaintext" });
});

test("anything said of TLS brings TLS, also to this machine", async (t) => {
  const { ca, cert, key } = await makeFiles(t);
  t.deepEqual(await read({ tls: true }, true), {
    kind: "tls",
    authorities: undefined,
    client: undefined,
    serverName: undefined,
  });
  t.like(await read({ serverName: "a.example" }, true), { kind: "tls", serverName: "a.example" });
  t.like(await read({ ca }, true), { kind: "tls", authorities: { file: ca } });
  t.like(await read({}, true, { LICENSECTL_CA: ca }), { kind: "tls", authorities: { file: ca } });
  const mutual = { kind: "tls", client: { file: cert, key: Buffer.from(client.key) } } as const;
  t.like(await read({ cert, key }, true), mutual);
  t.like(await read({ cert }, true, { LICENSECTL_KEY: key }), mutual);
  t.like(await read({}, true, { LICENSECTL_CERT: cert, LICENSECTL_KEY: key, LICENSECTL_CA: "" }), mutual);
  t.like(
    await read({ cert, key }, true, { LICENSECTL_CERT: "/nowhere", LICENSECTL_KEY: "/nowhere" }),
    mutual,
  );
});

test("--plaintext with an option of TLS is wrong use", async (t) => {
  const options = {
    "--tls": { tls: true },
    "--ca": { ca: "x" },
    "--cert": { cert: "x" },
    "--key": { key: "x" },
  };
  for (const [option, flags] of Object.entries({ ...options, "--server-name": { serverName: "x" } })) {
    const { kind, message } = await faultOf({ plaintext: true, ...flags });
    t.deepEqual([kind, message], ["usage", `--plaintext and ${option} contradict each other.`]);
  }
});

test("a file that cannot be used is named with its option or variable, and what is wrong with it", async (t) => {
  const { ca, cert, key, otherKey, lockedKey, damaged, empty } = await makeFiles(t);
  const cases: ReadonlyArray<readonly [TransportFlags, Record<string, string>, RegExp]> = [
    [{ ca: "/nowhere/ca.pem" }, {}, /^\/nowhere\/ca\.pem \(--ca\) cannot be used: it does not exist\.$/],
    [{}, { LICENSECTL_CA: "/nowhere" }, /^\/nowhere \(LICENSECTL_CA\) cannot be used: it does not exist\.$/],
    [{ ca: empty }, {}, /\(--ca\) cannot be used: it holds no certificate in PEM/],
    [{ ca: key }, {}, /\(--ca\) cannot be used: it holds no certificate in PEM/],
    [{ ca: damaged }, {}, /\(--ca\) cannot be used: certificate 1 in it is damaged/],
    [{ cert }, {}, /^--cert needs --key\.$/],
    [{}, { LICENSECTL_KEY: key }, /^LICENSECTL_KEY needs --cert\.$/],
    [{ cert, key: otherKey }, {}, /\(--key\) is not the key of the certificate in .* \(--cert\)/],
    [{ cert: ca, key }, {}, /is not the key of the certificate/],
    [{ cert, key: cert }, {}, /\(--key\) cannot be used: it holds no private key in PEM/],
    [{ cert, key: lockedKey }, {}, /\(--key\) cannot be used: its key is encrypted/],
    [{ serverName: "two words" }, {}, /^--server-name: "two words" is not the name of a host\.$/],
  ];
  for (const [flags, env, pattern] of cases) {
    const { kind, message } = await faultOf(flags, env);
    t.is(kind, "usage", message);
    t.regex(message, pattern);
    t.notRegex(message, /PRIVATE KEY|MII/);
  }
});

test.serial("with a client certificate no token that merely lies around is sent", async (t) => {
  const { cert, key } = await makeFiles(t);
  const directory = await mkdtemp(join(tmpdir(), "licensectl-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "admin-token"), "lst_found");
  const flags = { address: "localhost", cert, key };
  t.is((await readSettings(flags, {})).token, undefined);
  t.is((await readSettings({ ...flags, dataDir: directory }, {})).token?.value, "lst_found");
});
