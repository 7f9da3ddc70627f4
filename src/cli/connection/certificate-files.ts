/** PEM files that the command line names, checked here: OpenSSL's own errors would not say which file is wrong. */
import { readBoundedFile } from "../../tls/bounded-file.ts";
import { readCertificates, readKey } from "../../tls/server-certificate.ts";
import { usageError } from "../cli-error.ts";

/** A file that was named, and where. */
export interface NamedFile {
  readonly path: string;
  /** Option or variable that named it. */
  readonly source: string;
}

/** A client certificate and its key. */
export interface ClientCertificate {
  /** File of the certificate, for messages. */
  readonly file: string;
  /** The chain, PEM. */
  readonly certificate: Buffer;
  /** The private key, PEM: never printed. */
  readonly key: Buffer;
}

/** Reads the authorities in a file. @throws CliError of kind usage. */
export async function readAuthorities(file: NamedFile): Promise<{ file: string; pem: Buffer }> {
  const { pem } = await load(file, readCertificates);
  return { file: file.path, pem };
}

/** Reads a client certificate and its key. @throws CliError of kind usage, also when they do not belong together. */
export async function readClientCertificate(cert: NamedFile, key: NamedFile): Promise<ClientCertificate> {
  const chain = await load(cert, readCertificates);
  const privateKey = await load(key, readKey);
  if (chain.read[0]?.checkPrivateKey(privateKey.read) !== true) {
    throw usageError(
      `${key.path} (${key.source}) is not the key of the certificate in ${cert.path} (${cert.source}).`,
      "A chain begins with the client's own certificate.",
    );
  }
  return { file: cert.path, certificate: chain.pem, key: privateKey.pem };
}

async function load<T>(
  { path, source }: NamedFile,
  parse: (pem: Buffer) => T,
): Promise<{ pem: Buffer; read: T }> {
  try {
    const { content } = await readBoundedFile(path);
    return { pem: content, read: parse(content) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`${path} (${source}) cannot be used: ${why}.`);
  }
}
