/** The only reader of licensectl's environment; the server's settings are another matter (src/config.ts). */
import { usageError } from "./cli-error.ts";
import { readTransport, type Transport, type TransportFlags } from "./connection/transport.ts";
import { parseDuration } from "./output/time.ts";
import { findToken, type Token } from "./token.ts";

/** Global options as the command line gives them. */
export interface GlobalFlags extends TransportFlags {
  readonly address?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly timeout?: string | undefined;
  readonly json?: boolean | undefined;
  /** `false` for --no-color. */
  readonly color?: boolean | undefined;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How licensectl meets a server. */
export interface Settings {
  /** "host:port", "[address]:port" or "unix:path". */
  readonly address: string;
  /** The address is this machine. */
  readonly isLocal: boolean;
  /** How the connection is protected. */
  readonly transport: Transport;
  /** The token and where it was found; `undefined`: none was found. */
  readonly token: Token | undefined;
  /** Where a token was looked for in vain, for the error message. */
  readonly tokenSearch: readonly string[];
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
}

/** Address when neither --address nor LICENSECTL_ADDRESS is set. */
export const DEFAULT_ADDRESS = "127.0.0.1:50051";
const DEFAULT_PORT = "50051";
const DEFAULT_TIMEOUT = "10s";
const MAX_TIMEOUT_MS = 3_600_000;

/**
 * The settings by flags, then environment, then defaults. Files are read here, nothing is sent.
 * @throws CliError of kind usage for a wrong value or an unreadable file that was named.
 */
export async function readSettings(flags: GlobalFlags, env: Environment): Promise<Settings> {
  const address = parseAddress(flags.address ?? (env["LICENSECTL_ADDRESS"] || DEFAULT_ADDRESS));
  const isLocal = isLocalAddress(address);
  const transport = await readTransport({ flags, env, isLocal });
  // Who shows a certificate wants to be known by it: a token that merely lies around would win over it.
  const isKnownByCertificate = transport.kind === "tls" && transport.client !== undefined;
  const { token, searched } = await findToken({
    tokenFile: flags.tokenFile,
    environmentToken: env["LICENSECTL_TOKEN"] || undefined,
    environmentTokenFile: env["LICENSECTL_TOKEN_FILE"] || undefined,
    dataDirectory: flags.dataDir,
    isLocal: isLocal && !isKnownByCertificate,
  });
  const timeoutMs = parseTimeout(flags.timeout ?? DEFAULT_TIMEOUT);
  return { address, isLocal, transport, token, tokenSearch: searched, timeoutMs };
}

const ADDRESS = /^(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/;

function parseAddress(text: string): string {
  if (/^unix:./.test(text)) return text;
  const groups = ADDRESS.exec(text)?.groups;
  const port = groups?.["port"] ?? DEFAULT_PORT;
  if (groups === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw usageError(
      `"${text}" is not an address.`,
      'Give "host:port", "[IPv6 address]:port" or "unix:/path", for example 127.0.0.1:50051.',
    );
  }
  return `${groups["host"]}:${port}`;
}

function isLocalAddress(address: string): boolean {
  return /^(unix:|localhost:|127(\.\d{1,3}){3}:|\[::1\]:)/i.test(address);
}

function parseTimeout(text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw usageError(`"${text}" is not a timeout.`, 'Give a time up to 1h, for example "10s" or "500ms".');
  }
  return timeoutMs;
}
