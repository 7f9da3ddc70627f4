/** Threats 27 and 32 over a whole process at its most talkative: what it logs, and what it must not. */
import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, Metadata } from "@grpc/grpc-js";
import {
  CreateTokenRequest,
  CreateTokenResponse,
  LicenseServiceService,
  QuotaServiceService,
  TokenRole,
  TokenServiceService,
  UploadLicenseRequest,
} from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { createToken } from "../../../src/identity/token.ts";
import { openAuthority } from "../../../src/license-file/authority.ts";
import { signCompactJws } from "../../../src/license-file/compact-jws.ts";
import { issueLicense } from "../../../src/license-file/issue-license.ts";
import { parseRequestCode } from "../../../src/platform/request-code.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { tlsClient } from "../../helpers/tls-client.ts";
import { makeTlsPlace } from "../../helpers/tls-place.ts";
import { claimsFor } from "../../helpers/vendor.ts";
import { rawTar } from "../../unit/license-file/_tar.ts";

/** What a terminal, a line of a log or a reader's eye could trip over. */
const HOSTILE = "a\r\nb\u001b[31mc\u202ed\u2028e\u0085f\u200bg";
const UNFIT = /[\p{C}\p{Zl}\p{Zp}]/u;
const CUSTOMER = "Unmistakable Customer";

async function start(t: ExecutionContext) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const place = await makeTlsPlace(t);
  await place.putIdentities({ name: "ops", role: "admin", dns: "ops.example" });
  const env = {
    DATABASE_URL: database.url,
    LICENSE_DATA_DIR: data.path,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_METRICS_LISTEN: "off",
    LICENSE_LOG_LEVEL: "trace",
    GRPC_TRACE: "all",
    GRPC_VERBOSITY: "DEBUG",
    ...place.mutual,
  };
  const server = startProcess(t, env, ["--development"]);
  return {
    server,
    place,
    dataDirectory: data.path,
    address: await server.address,
    password: new URL(database.url).password,
  };
}

/** Calls by path and bytes; the answer, or nothing for a refused call. */
function call(
  client: Client,
  path: string,
  request: Uint8Array,
  more: Record<string, string>,
): Promise<Buffer> {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(more)) metadata.set(key, value);
  const pass = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    // A watch ends by its deadline alone.
    const options = { deadline: Date.now() + (path.includes("Watch") ? 500 : 20_000) };
    client.makeUnaryRequest(path, pass, pass, Buffer.from(request), metadata, options, (_error, answer) =>
      resolve(answer ?? Buffer.alloc(0)),
    );
  });
}

test("threats 27, 32: after calls of every kind the log holds no secret and nothing that steers a reader", async (t) => {
  const { server, place, dataDirectory, address, password } = await start(t);
  const adminToken = (await readFile(join(dataDirectory, "admin-token"), "utf8")).trim();
  const ops = tlsClient(t, address, place.authority, place.authority.issue({ dns: ["ops.example"] }));
  const hostile = place.authority.issue({ commonName: HOSTILE, dns: [HOSTILE], uris: [HOSTILE] });
  const stranger = tlsClient(t, address, place.authority, hostile);
  const none = Buffer.alloc(0);

  // Tokens: good, made here, revoked, wrong and of other kinds; hostile ids of requests, hostile paths.
  const made = await call(
    ops,
    TokenServiceService.createToken.path,
    CreateTokenRequest.encode({ name: "made", role: TokenRole.VIEWER, expireTime: undefined }).finish(),
    {},
  );
  const { secret, token } = CreateTokenResponse.decode(made);
  t.regex(secret, /^lst_/);
  const wrong = createToken();
  const authorizations = [adminToken, secret, wrong, "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.c2ln"].map(
    (text) => `Bearer ${text}`,
  );
  const paths = [LicenseServiceService, QuotaServiceService, TokenServiceService]
    .flatMap((service) => Object.values(service))
    .map(({ path }) => path);
  for (const authorization of [...authorizations, "Basic dXNlcjpodW50ZXIy"]) {
    for (const path of [...paths, `/x/${encodeURI(HOSTILE)}`]) {
      await call(ops, path, none, { authorization, "x-request-id": '"> x \\u001b ' });
    }
  }
  const revoke = TokenServiceService.revokeToken;
  await call(ops, revoke.path, revoke.requestSerialize({ id: token?.id ?? "" }), {});
  await call(stranger, LicenseServiceService.getLicenseInfo.path, none, {});

  // Packages: a good one, and what hostile people make.
  const vendor = await openAuthority(join(dataDirectory, "test-vendor"));
  const requestCode = await readFile(join(dataDirectory, "request-code.txt"), "utf8");
  const { thumbprint = "" } = (await parseRequestCode(requestCode)) ?? {};
  const iat = Math.floor(Date.now() / 1000) - 60;
  const claims = claimsFor(thumbprint, { customer: CUSTOMER, iat, exp: iat + 86_400 });
  const license = await issueLicense(vendor, claims, iat * 1000);
  const evil = await signCompactJws(vendor, "license+jwt", { ...claims, jti: HOSTILE, customer: HOSTILE });
  const packages = [
    license,
    evil,
    HOSTILE,
    rawTar({ name: HOSTILE, data: license }),
    rawTar({ name: "a.lic", data: evil }),
  ];
  for (const bytes of packages) {
    const request = UploadLicenseRequest.encode({
      package: Buffer.from(bytes),
      validateOnly: false,
    }).finish();
    await call(ops, LicenseServiceService.uploadLicense.path, request, {});
  }

  // Certificates: one with a hostile subject, then a file that is none.
  const next = place.authority.issueServer({ commonName: HOSTILE });
  await place.putServer(next);
  server.child.kill("SIGHUP");
  await server.wrote("the TLS files have changed");
  await place.put(place.paths.key, `${HOSTILE}${place.authority.key}`);
  server.child.kill("SIGHUP");
  await server.wrote("newer TLS files cannot be used");
  server.child.kill("SIGTERM");
  const { lines, stderr } = await server.end;

  t.is(stderr, "");
  t.true(
    lines.some((line) => line.includes("received headers")),
    "grpc-js traced",
  );
  t.true(lines.some((line) => line.includes("UploadLicense")));
  const platformKey = await readFile(join(dataDirectory, "platform-key.pem"), "utf8");
  const secrets = [
    ...[adminToken, secret, wrong, "eyJhbGciOiJIUzI1NiJ9", "dXNlcjpodW50ZXIy", password, CUSTOMER],
    ...[platformKey, next.key, place.authority.key].flatMap(keyTexts),
    license.split(".")[2] ?? "",
  ];
  const leaks = lines.filter((line) => secrets.some((text) => line.includes(text)));
  t.deepEqual(leaks, []);
  const unfit = lines.filter((line) => textsOf(JSON.parse(line)).some((text) => UNFIT.test(text)));
  t.deepEqual(unfit, []);
});

/** A private key as it could show: the lines of its PEM, and the secret alone in hex and base64. */
function keyTexts(pem: string): string[] {
  const body = pem.split("\n").filter((line) => line !== "" && !line.startsWith("---"));
  const { d = "" } = createPrivateKey(pem).export({ format: "jwk" });
  const bytes = Buffer.from(d, "base64url");
  return [...body, d, bytes.toString("hex"), bytes.toString("base64")];
}

/** Every text in a line of the log, names of members included. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...textsOf(member)]);
}
