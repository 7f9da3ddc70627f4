import { chmod, rm } from "node:fs/promises";
import { status } from "@grpc/grpc-js";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES } from "../../../src/errors.ts";
import { createTestAuthority } from "../../helpers/certificates.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { RpcError, readRpcError } from "../../helpers/rpc-error.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { tlsClient } from "../../helpers/tls-client.ts";
import { makeTlsPlace } from "../../helpers/tls-place.ts";

/** Settings by which a server would start in production mode, but for TLS. */
async function settings(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  return {
    DATABASE_URL: database.url,
    LICENSE_DATA_DIR: data.path,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_METRICS_LISTEN: "off",
  };
}

async function assertRefused(
  t: ExecutionContext,
  env: Readonly<Record<string, string>>,
  kind: keyof typeof EXIT_CODES,
  message: RegExp,
): Promise<void> {
  const { code, stderr } = await startProcess(t, env).end;
  t.is(code, EXIT_CODES[kind], stderr);
  t.regex(stderr, message);
  t.regex(stderr, /^license-service: [^\n]+\n$/, "one line");
}

test("a production server without a certificate does not start, unless it is told to speak plaintext", async (t) => {
  const env = await settings(t);
  await assertRefused(t, env, "settings", /LICENSE_TLS_CERT.*LICENSE_PLAINTEXT=on/);
  const server = startProcess(t, { ...env, LICENSE_PLAINTEXT: "on", LICENSE_LISTEN: "0.0.0.0:0" });
  await server.wrote("the server speaks plaintext on an address that other machines reach");
  await server.address;
});

test("a start is refused for TLS files that cannot be used, before the database is asked", async (t) => {
  const place = await makeTlsPlace(t);
  const env = { ...place.mutual, DATABASE_URL: "postgresql://license@127.0.0.1:1/license" };
  await place.putServer(place.authority.issueServer({ notAfter: Date.now() - 1000 }));
  await assertRefused(t, env, "certificate", /server\.pem" \(LICENSE_TLS_CERT\).*its certificate ended at/);
  await place.putServer(place.authority.issueServer());
  await rm(place.paths.identities);
  await assertRefused(t, env, "certificate", /LICENSE_TLS_IDENTITIES.*it does not exist/);
});

test("SIGHUP has the files of TLS read again, and a key that others can read is told of", async (t) => {
  const place = await makeTlsPlace(t);
  await chmod(place.paths.key, 0o644);
  const server = startProcess(t, { ...(await settings(t)), ...place.oneSided });
  const address = await server.address;
  await server.wrote("can read the TLS key");
  const authority = createTestAuthority("the next authority");
  await place.putServer(authority.issueServer());
  server.child.kill("SIGHUP");
  await server.wrote("the TLS files have changed");
  const client = tlsClient(t, address, authority);
  const error = await new Promise<Error>((resolve) => {
    const pass = (bytes: Buffer): Buffer => bytes;
    const path = "/license.v1.LicenseService/GetLicenseInfo";
    client.makeUnaryRequest(path, pass, pass, Buffer.alloc(0), (failure) => resolve(readRpcError(failure)));
  });
  t.true(error instanceof RpcError);
  t.like(error, { code: status.UNAUTHENTICATED, reason: "TOKEN_MISSING" });
  server.child.kill("SIGTERM");
  t.is((await server.end).code, 0);
});
