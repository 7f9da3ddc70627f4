/** The real licensectl against the real server in production mode, over TLS. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { createTestAuthority } from "../../helpers/certificates.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { createTeardown, licensectl, type Ran, temporaryDirectory } from "./_licensectl.ts";

const teardown = createTeardown();
let port: string;
let dataDirectory: string;
let files: Record<"ca" | "cert" | "key" | "clientCert" | "clientKey" | "identities", string>;

test.before(async () => {
  const directory = await temporaryDirectory(teardown);
  const authority = createTestAuthority();
  const [server, client] = [authority.issueServer(), authority.issue({ dns: ["ops.example"] })];
  const contents = {
    ca: authority.certificate,
    cert: server.certificate,
    key: server.key,
    clientCert: client.certificate,
    clientKey: client.key,
    identities: JSON.stringify({ identities: [{ name: "ops", role: "viewer", dns: "ops.example" }] }),
  };
  const paths = Object.keys(contents).map((name) => [name, join(directory, name)]);
  files = Object.fromEntries(paths);
  await Promise.all(
    Object.entries(contents).map(([name, text]) => writeFile(join(directory, name), text, { mode: 0o600 })),
  );
  const database = await createTestDatabase();
  teardown.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  teardown.teardown(() => data.remove());
  dataDirectory = data.path;
  const serving = startProcess(teardown, {
    DATABASE_URL: database.url,
    LICENSE_DATA_DIR: dataDirectory,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_METRICS_LISTEN: "off",
    LICENSE_TLS_CERT: files.cert,
    LICENSE_TLS_KEY: files.key,
    LICENSE_TLS_CLIENT_CA: files.ca,
    LICENSE_TLS_IDENTITIES: files.identities,
  });
  port = (await serving.address).split(":").at(-1) ?? "";
});
test.after.always(() => teardown.run());

/** Runs a command with the client certificate, and more options. */
function ctl(args: readonly string[], host = "localhost"): Promise<Ran> {
  const identity = ["--ca", files.ca, "--cert", files.clientCert, "--key", files.clientKey];
  return licensectl([...args, "--address", `${host}:${port}`, ...identity]);
}

test("the server is met by its name and by its IP address, with nothing on standard error", async (t) => {
  for (const host of ["localhost", "127.0.0.1"]) {
    const { code, stderr } = await ctl(["info", "--data-dir", dataDirectory], host);
    t.deepEqual({ code, stderr }, { code: 0, stderr: "" }, host);
  }
});

test("a client certificate alone has the role of its entry, and a token decides where there is one", async (t) => {
  t.is((await ctl(["info"])).code, 0);
  const refused = await ctl(["token", "list"]);
  t.is(refused.code, 4);
  t.regex(refused.stderr, /ROLE_NOT_ALLOWED[\s\S]*The client certificate came from .*clientCert/);
  t.is((await ctl(["token", "list", "--data-dir", dataDirectory])).code, 0);
});

test("a system that knows the authority needs no --ca", async (t) => {
  const client = { LICENSECTL_CERT: files.clientCert, LICENSECTL_KEY: files.clientKey };
  const args = ["info", "--address", `localhost:${port}`];
  const known = await licensectl(args, { env: { ...client, SSL_CERT_FILE: files.ca } });
  t.is(known.code, 0, known.stderr);
  const unknown = await licensectl(args, { env: client });
  t.is(unknown.code, 3);
  t.regex(unknown.stderr, /no authority that this system knows/);
});

test("without a client certificate, and without TLS, the failure says what the server asks for", async (t) => {
  const address = `localhost:${port}`;
  const missing = await licensectl(["info", "--json", "--address", address, "--ca", files.ca]);
  t.is(missing.code, 3);
  t.like(JSON.parse(missing.stderr).error, { reason: "CLIENT_CERTIFICATE_NEEDED" });
  const plaintext = await licensectl(["info", "--json", "--address", address]);
  t.is(plaintext.code, 3);
  t.like(JSON.parse(plaintext.stderr).error, { reason: "TLS_EXPECTED" });
});
