import { usageError } from "../cli-error.ts";
import {
  type ClientCertificate,
  type NamedFile,
  readAuthorities,
  readClientCertificate,
} from "./certificate-files.ts";

/** How the connection to a server is protected. */
export type Transport = { readonly kind: "plaintext" } | TlsTransport;

/** TLS; the server's certificate is always verified. */
export interface TlsTransport {
  readonly kind: "tls";
  /** Authorities that may have signed the server's certificate; `undefined`: those of this system. */
  readonly authorities: { readonly file: string; readonly pem: Buffer } | undefined;
  /** What this side shows; `undefined`: nothing. */
  readonly client: ClientCertificate | undefined;
  /** Name that the certificate must hold; `undefined`: the host of the address. */
  readonly serverName: string | undefined;
}

/** Where the protection is said. */
export interface TransportSources {
  readonly flags: TransportFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The address is this machine. */
  readonly isLocal: boolean;
}

/** Global options as the command line gives them. */
export interface TransportFlags {
  readonly tls?: boolean | undefined;
  readonly plaintext?: boolean | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

/**
 * The protection by flags, then environment, then address: this machine is spoken to in plaintext unless
 * something of TLS is said, every other by TLS unless --plaintext is given: no token goes over a network in the
 * clear by oversight. Files are read here.
 *
 * @throws CliError of kind usage for options that contradict each other, or a file that cannot be used.
 */
export async function readTransport({ flags, env, isLocal }: TransportSources): Promise<Transport> {
  refuseContradiction(flags);
  if (flags.plaintext === true) return { kind: "plaintext" };
  const ca = choose("--ca", flags.ca, "LICENSECTL_CA", env);
  const cert = choose("--cert", flags.cert, "LICENSECTL_CERT", env);
  const key = choose("--key", flags.key, "LICENSECTL_KEY", env);
  const isTlsSaid =
    flags.tls === true || [ca, cert, key, flags.serverName].some((said) => said !== undefined);
  if (isLocal && !isTlsSaid) return { kind: "plaintext" };
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? [key, "--cert"] : [cert, "--key"];
    throw usageError(`${given?.source} needs ${missing}.`, "A client certificate and its key go together.");
  }
  return {
    kind: "tls",
    authorities: ca && (await readAuthorities(ca)),
    client: cert && key && (await readClientCertificate(cert, key)),
    serverName: checkedName(flags.serverName),
  };
}

function refuseContradiction({ plaintext, ...tls }: TransportFlags): void {
  if (plaintext !== true) return;
  const said = [
    ["--tls", tls.tls],
    ["--ca", tls.ca],
    ["--cert", tls.cert],
    ["--key", tls.key],
    ["--server-name", tls.serverName],
  ].find(([, value]) => value !== undefined);
  if (said !== undefined) throw usageError(`--plaintext and ${said[0]} contradict each other.`);
}

function choose(
  option: string,
  flag: string | undefined,
  variable: string,
  env: TransportSources["env"],
): NamedFile | undefined {
  if (flag !== undefined) return { path: flag, source: option };
  const path = env[variable];
  return path ? { path, source: variable } : undefined;
}

function checkedName(name: string | undefined): string | undefined {
  if (name === undefined || /^[A-Za-z0-9._-]{1,253}$/.test(name)) return name;
  throw usageError(`--server-name: "${name}" is not the name of a host.`);
}
