import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Instant } from "../domain/license.ts";

/** What a server's certificate says of itself. */
export interface ServerCertificate {
  /** As OpenSSL writes it, one line; escape it before it is shown. */
  readonly subject: string;
  /** Names and addresses that it is good for, as OpenSSL writes them: "DNS:license.example". */
  readonly names: readonly string[];
  /** It is good from here. */
  readonly notBefore: Instant;
  /** It is good until here. */
  readonly notAfter: Instant;
}

const BLOCK =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, in its order.
 *
 * @throws Error whose message is a clause on the file: none, or one that cannot be read.
 */
export function readCertificates(pem: Buffer): X509Certificate[] {
  const blocks = pem.toString("latin1").match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error("it holds no certificate in PEM");
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Error(`certificate ${index + 1} in it is damaged`, { cause: error });
    }
  });
}

/**
 * The private key of a PEM text.
 *
 * @throws Error whose message is a clause on the file: encrypted, or no key.
 */
export function readKey(pem: Buffer): KeyObject {
  const text = pem.toString("latin1");
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new Error("its key is encrypted; decrypt it with `openssl pkey`, and let only the service read it");
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error("it holds no private key in PEM", { cause: error });
  }
}

/**
 * What the first certificate of a chain says.
 *
 * @throws Error whose message is a clause on the certificate's file: it has ended, has not begun, or the key
 *   is not its own.
 */
export function describeCertificate(
  [own, ...others]: readonly X509Certificate[],
  key: KeyObject,
  now: Instant,
): ServerCertificate {
  if (own === undefined) throw new Error("it holds no certificate in PEM");
  const notBefore = own.validFromDate.getTime();
  const notAfter = own.validToDate.getTime();
  if (!own.checkPrivateKey(key)) throw new Error(misfit(others, key));
  if (notAfter <= now) throw new Error(`its certificate ended at ${timeText(notAfter)}; put a new one there`);
  if (notBefore > now) {
    throw new Error(`its certificate is not good before ${timeText(notBefore)}; see that the clock is right`);
  }
  return {
    subject: own.subject.split("\n").join(", "),
    names: own.subjectAltName?.split(", ") ?? [],
    notBefore,
    notAfter,
  };
}

/** An instant as messages show it. */
export function timeText(at: Instant): string {
  return new Date(at).toISOString();
}

function misfit(others: readonly X509Certificate[], key: KeyObject): string {
  return others.some((other) => other.checkPrivateKey(key))
    ? "the server's own certificate has to be the first in it"
    : "the key is not that of its certificate; put the two that belong together there";
}

/** Has OpenSSL take chain, key and authorities as a server would. */
export function tryContext(context: { cert: Buffer; key: Buffer; ca: Buffer | undefined }): void {
  try {
    createSecureContext({ cert: context.cert, key: context.key, ...(context.ca && { ca: context.ca }) });
  } catch (error) {
    const why = error instanceof Error && "reason" in error ? String(error.reason) : "unknown error";
    throw new Error(`OpenSSL refuses it: ${why}`, { cause: error });
  }
}
