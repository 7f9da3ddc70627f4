import type { X509Certificate } from "node:crypto";
import type { Instant } from "../domain/license.ts";

/** What a client certificate says of its holder, as far as roles go by it. */
export interface ClientCertificate {
  /** As in the certificate; compared byte by byte. */
  readonly uris: readonly string[];
  /** Lower case. */
  readonly dnsNames: readonly string[];
  /** `undefined`: none, or more than one. */
  readonly commonName: string | undefined;
  readonly expiresAt: Instant;
}

/** Reads a certificate whose chain was verified. Costs some 50 µs: once a connection, not once a call. */
export function readClientCertificate(certificate: X509Certificate): ClientCertificate {
  const names = alternativeNames(certificate.subjectAltName ?? "");
  const valuesOf = (kind: string) => names.filter(([found]) => found === kind).map(([, value]) => value);
  // One value is text, several are a list.
  const commonName: unknown = certificate.toLegacyObject().subject?.CN;
  return {
    uris: valuesOf("URI"),
    dnsNames: valuesOf("DNS").map((name) => name.toLowerCase()),
    commonName: typeof commonName === "string" ? commonName : undefined,
    expiresAt: certificate.validToDate.getTime(),
  };
}

/** Node.js writes values that hold a comma, a quote or a control character as JSON, and others as they are. */
const NAME = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/gy;

/**
 * The names of a text like "URI:spiffe://cloud/compute, DNS:ops.example". Text that is not wholly of that
 * form has no names: a name that was misread could be somebody else's.
 */
export function alternativeNames(text: string): readonly (readonly [kind: string, value: string])[] {
  const found: [string, string][] = [];
  let end = 0;
  for (const [whole, kind = "", value = ""] of text.matchAll(NAME)) {
    end += whole.length;
    found.push([kind, value.startsWith('"') ? unquoted(value) : value]);
  }
  return end === text.length ? found : [];
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    // It equals no name that an entry can have.
    return text;
  }
}
