/** What a connection that failed in or around TLS means. grpc-js tells it only in words: OpenSSL's and Node's. */
import type { CliErrorParts } from "../cli-error.ts";
import type { TlsTransport, Transport } from "./transport.ts";

/** A failure with a name of its own. */
export interface TlsFailure extends Pick<CliErrorParts, "meaning" | "remedy"> {
  /** Stable; docs/licensectl.md lists it. */
  readonly reason: string;
  readonly message: string;
}

/** Where it happened. */
interface Meeting {
  readonly address: string;
  readonly isLocal: boolean;
  readonly transport: Transport;
}

/** The meaning of the details of an UNAVAILABLE; `undefined`: TLS has nothing to do with it. */
export function tlsFailureOf(details: string, meeting: Meeting): TlsFailure | undefined {
  if (!details.startsWith("No connection established")) return undefined;
  const { transport } = meeting;
  if (transport.kind === "plaintext") return isDropped(details) ? tlsExpected(meeting) : undefined;
  for (const [pattern, explain] of EXPLANATIONS) {
    if (pattern.test(details)) return explain({ ...meeting, transport }, details);
  }
  return transport.client !== undefined && isDropped(details)
    ? clientRefused(meeting.address, transport)
    : undefined;
}

/** The connection was made, and closed before HTTP/2 had begun. */
function isDropped(details: string): boolean {
  return details.includes("Last error: Failed to connect");
}

type Explain = (meeting: Meeting & { readonly transport: TlsTransport }, details: string) => TlsFailure;

const EXPLANATIONS: ReadonlyArray<readonly [RegExp, Explain]> = [
  [/wrong version number|packet length too long|http request/, plaintextServer],
  [/no application protocol/, otherProtocol],
  [/ERR_TLS_CERT_ALTNAME_INVALID/, otherName],
  [/certificate has expired/, ({ address }) => notValidNow(address, "EXPIRED", "has ended")],
  [/certificate is not yet valid/, ({ address }) => notValidNow(address, "NOT_YET_VALID", "has not begun")],
  [
    /self-signed certificate|unable to (get|verify)|certificate signature failure|invalid CA|path length/,
    untrusted,
  ],
  [/alert certificate required/, certificateNeeded],
  [
    /alert (unknown ca|bad certificate|certificate (expired|revoked|unknown)|unsupported certificate|access denied)/,
    ({ address, transport }) => clientRefused(address, transport),
  ],
];

const NOTHING_SENT = "No token and no request was sent.";

function tlsExpected({ address }: Meeting): TlsFailure {
  return {
    reason: "TLS_EXPECTED",
    message: `${address} took the connection and closed it, as a server does that serves TLS.`,
    meaning: "It was spoken to in plaintext.",
    remedy:
      "If it does, give --tls, or --ca FILE with the authority that signed its certificate; if not, look into its log.",
  };
}

function plaintextServer({ address, isLocal }: Meeting): TlsFailure {
  return {
    reason: "PLAINTEXT_SERVER",
    message: `What answers at ${address} does not speak TLS.`,
    meaning: NOTHING_SENT,
    remedy: isLocal
      ? "Leave out the options and variables of TLS, or give --plaintext."
      : "Have the server serve TLS. --plaintext sends the token readable for everybody in between.",
  };
}

function otherProtocol({ address }: Meeting): TlsFailure {
  return {
    reason: "NOT_GRPC",
    message: `What answers at ${address} speaks TLS, but is not a license service.`,
    meaning: NOTHING_SENT,
    remedy: "Check --address or LICENSECTL_ADDRESS.",
  };
}

function otherName({ address }: Meeting, details: string): TlsFailure {
  const names = /altnames: (?:DNS|IP Address|URI):[^\n]*?(?=\. Resolution note|$)/.exec(details)?.[0];
  return {
    reason: "SERVER_NAME_MISMATCH",
    message: `The certificate of ${address} is for another name.`,
    meaning: `${names === undefined ? "" : `It holds ${names.replace("altnames: ", "")}. `}${NOTHING_SENT}`,
    remedy: "Give the address by a name that the certificate holds, or that name by --server-name.",
  };
}

function notValidNow(address: string, kind: string, fault: string): TlsFailure {
  return {
    reason: `SERVER_CERTIFICATE_${kind}`,
    message: `The certificate of ${address}, or of an authority above it, ${fault}.`,
    meaning: NOTHING_SENT,
    remedy: "Give the server a certificate that is valid now; if it is, set the clock of this machine.",
  };
}

function untrusted({ address, transport }: Parameters<Explain>[0]): TlsFailure {
  const { authorities } = transport;
  return {
    reason: "SERVER_NOT_TRUSTED",
    message: `The certificate of ${address} is signed by no authority that ${authorities === undefined ? "this system knows" : `${authorities.file} holds`}.`,
    meaning: NOTHING_SENT,
    remedy:
      "Give the authority that signed it by --ca FILE or LICENSECTL_CA; get that file by a way that you trust.",
  };
}

function certificateNeeded({ address }: Meeting): TlsFailure {
  return {
    reason: "CLIENT_CERTIFICATE_NEEDED",
    message: `${address} asks for a client certificate.`,
    remedy: "Give one by --cert FILE and --key FILE.",
  };
}

function clientRefused(address: string, { client }: TlsTransport): TlsFailure {
  return {
    reason: "CLIENT_CERTIFICATE_REFUSED",
    message: `${address} closed the connection once it had seen the client certificate.`,
    meaning: "It has ended, or is signed by no authority that the server asks for.",
    remedy: `Check the certificate${client === undefined ? "" : ` in ${client.file}`}, and LICENSE_TLS_CLIENT_CA of the server.`,
  };
}
