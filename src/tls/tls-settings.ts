import type { Config } from "../config.ts";
import { StartupError } from "../errors.ts";

/** Files of a server that speaks TLS; absolute paths. */
export interface TlsPaths {
  /** The server's chain, its own certificate first. */
  readonly certificate: string;
  readonly key: string;
  /** Authorities of client certificates; `undefined`: none is asked for. */
  readonly clientCa: string | undefined;
  /** Roles of client certificates; `undefined`: none has one. */
  readonly identities: string | undefined;
}

/** What the settings say about TLS. */
export type TlsSettings = Pick<
  Config,
  "isDevelopment" | "isPlaintext" | "tlsCertificate" | "tlsKey" | "tlsClientCa" | "tlsIdentities"
>;

/**
 * How to serve: the files of TLS, or `undefined` for plaintext, which production mode has to be told.
 *
 * @throws StartupError "settings" when the settings do not fit together.
 */
export function tlsPathsOf(settings: TlsSettings): TlsPaths | undefined {
  const {
    tlsCertificate: certificate,
    tlsKey: key,
    tlsClientCa: clientCa,
    tlsIdentities: identities,
  } = settings;
  if (certificate === undefined) {
    refuseWithout("LICENSE_TLS_CERT", { LICENSE_TLS_KEY: key });
    refuseWithout("LICENSE_TLS_CERT", { LICENSE_TLS_CLIENT_CA: clientCa });
    refuseWithout("LICENSE_TLS_CERT", { LICENSE_TLS_IDENTITIES: identities });
    if (!settings.isPlaintext) throw new StartupError("settings", NEITHER);
    return undefined;
  }
  if (key === undefined) throw without("LICENSE_TLS_KEY", "LICENSE_TLS_CERT");
  if (clientCa === undefined) refuseWithout("LICENSE_TLS_CLIENT_CA", { LICENSE_TLS_IDENTITIES: identities });
  if (settings.isPlaintext && !settings.isDevelopment) throw new StartupError("settings", BOTH);
  return { certificate, key, clientCa, identities };
}

const NEITHER =
  "The server has no certificate, and tokens would travel in the clear: set LICENSE_TLS_CERT and LICENSE_TLS_KEY, or, for loopback or behind a proxy that ends TLS, LICENSE_PLAINTEXT=on.";
const BOTH = "LICENSE_TLS_CERT asks for TLS and LICENSE_PLAINTEXT=on for none: unset one of them.";

function refuseWithout(missing: string, set: Readonly<Record<string, string | undefined>>): void {
  for (const [variable, value] of Object.entries(set)) {
    if (value !== undefined) throw without(missing, variable);
  }
}

function without(missing: string, set: string): StartupError {
  return new StartupError("settings", `${set} is set and ${missing} is not: set both, or neither.`);
}
