/** Everything that TLS is served with, read and checked in one go: all of it holds together, or none counts. */
import { createHash } from "node:crypto";
import type { Instant } from "../domain/license.ts";
import { StartupError } from "../errors.ts";
import { type CertificateEntry, parseCertificateEntries } from "../identity/certificate-entries.ts";
import { shownPath } from "../platform/shown-path.ts";
import { type BoundedFile, readBoundedFile } from "./bounded-file.ts";
import {
  describeCertificate,
  readCertificates,
  readKey,
  type ServerCertificate,
  tryContext,
} from "./server-certificate.ts";
import type { TlsPaths } from "./tls-settings.ts";

/** What the files of {@link TlsPaths} hold. */
export interface CertificateFiles extends ServerCertificate {
  /** For `node:tls`. */
  readonly context: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer | undefined };
  /** Who client certificates are, in the order of the file. */
  readonly entries: readonly CertificateEntry[];
  /** The key can be read by accounts other than the service's. */
  readonly isKeyOpenToOthers: boolean;
  /** SHA-256 over all contents: equal texts, nothing has changed. */
  readonly digest: string;
}

/**
 * Reads and checks the files.
 *
 * @param now the certificate has to be good at this instant.
 * @throws StartupError "certificate" that names the file and what to do about it.
 */
export async function readCertificateFiles(paths: TlsPaths, now: Instant): Promise<CertificateFiles> {
  const [cert, key, ca, identities] = await Promise.all([
    load("LICENSE_TLS_CERT", paths.certificate),
    load("LICENSE_TLS_KEY", paths.key),
    paths.clientCa === undefined ? undefined : load("LICENSE_TLS_CLIENT_CA", paths.clientCa),
    paths.identities === undefined ? undefined : load("LICENSE_TLS_IDENTITIES", paths.identities),
  ]);
  const context = { cert: cert.content, key: key.content, ca: ca?.content };
  const chain = about(cert, () => readCertificates(cert.content));
  const privateKey = about(key, () => readKey(key.content));
  const certificate = about(cert, () => describeCertificate(chain, privateKey, now));
  if (ca !== undefined) about(ca, () => readCertificates(ca.content));
  about(cert, () => tryContext(context));
  const entries =
    identities && about(identities, () => parseCertificateEntries(identities.content.toString("utf8")));
  return {
    ...certificate,
    context,
    entries: entries ?? [],
    isKeyOpenToOthers: key.isOpenToOthers,
    digest: digestOf([cert, key, ca, identities]),
  };
}

interface LoadedFile extends BoundedFile {
  readonly variable: string;
  readonly path: string;
}

async function load(variable: string, path: string): Promise<LoadedFile> {
  try {
    return { variable, path, ...(await readBoundedFile(path)) };
  } catch (error) {
    throw unusable(variable, path, error);
  }
}

function about<Value>({ variable, path }: LoadedFile, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw unusable(variable, path, error);
  }
}

function unusable(variable: string, path: string, cause: unknown): StartupError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StartupError("certificate", `${shownPath(path)} (${variable}) cannot be used: ${why}.`, {
    cause,
  });
}

function digestOf(files: readonly (LoadedFile | undefined)[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file?.content.length ?? "none"} `).update(file?.content ?? "");
  return hash.digest("hex");
}
