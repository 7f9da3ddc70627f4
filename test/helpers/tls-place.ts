/** The TLS files of a server, in a directory of the test, to be replaced while it runs. */
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestAuthority, type TestAuthority, type TestCertificate } from "./certificates.ts";
import type { Teardown } from "./rpc-service.ts";

/** Where they are, and who issued them. */
export interface TlsPlace {
  /** Issues the server's certificates, and the clients' that are let in. */
  readonly authority: TestAuthority;
  readonly paths: {
    readonly certificate: string;
    readonly key: string;
    readonly clientCa: string;
    readonly identities: string;
  };
  /** The settings that name all four. */
  readonly mutual: Readonly<Record<string, string>>;
  /** The settings that name certificate and key. */
  readonly oneSided: Readonly<Record<string, string>>;
  putServer(certificate: TestCertificate): Promise<void>;
  putIdentities(...entries: readonly object[]): Promise<void>;
  /** Replaces one file whole. */
  put(path: string, content: string | Buffer): Promise<void>;
}

/** Makes the files: a server's certificate for localhost, and no identities. */
export async function makeTlsPlace(t: Teardown): Promise<TlsPlace> {
  const directory = await mkdtemp(join(tmpdir(), "license-tls-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const authority = createTestAuthority();
  const paths = {
    certificate: join(directory, "server.pem"),
    key: join(directory, "server.key"),
    clientCa: join(directory, "clients.pem"),
    identities: join(directory, "identities.json"),
  };
  const oneSided = { LICENSE_TLS_CERT: paths.certificate, LICENSE_TLS_KEY: paths.key };
  const place: TlsPlace = {
    authority,
    paths,
    oneSided,
    mutual: {
      ...oneSided,
      LICENSE_TLS_CLIENT_CA: paths.clientCa,
      LICENSE_TLS_IDENTITIES: paths.identities,
    },
    async putServer({ certificate, key }) {
      await place.put(paths.certificate, certificate);
      await place.put(paths.key, key);
    },
    putIdentities: (...entries) => place.put(paths.identities, JSON.stringify({ identities: entries })),
    async put(path, content) {
      await writeFile(`${path}.new`, content, { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
  await place.putServer(authority.issueServer());
  await place.put(paths.clientCa, authority.certificate);
  await place.putIdentities();
  return place;
}
