/** X.509 certificates made in the test itself: Node.js reads them and does not write them. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import type { Instant } from "../../src/domain/license.ts";

/** A certificate and its key, PEM. */
export interface TestCertificate {
  readonly certificate: string;
  /** PKCS #8, not encrypted. */
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateParts {
  /** Default: "test". */
  readonly commonName?: string;
  /** DNS names; addresses may stand among them. Default: none. */
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  /** Default: a day ago. */
  readonly notBefore?: Instant;
  /** Default: in a year. */
  readonly notAfter?: Instant;
}

/** An authority that issues certificates. */
export interface TestAuthority extends TestCertificate {
  issue(parts?: CertificateParts): TestCertificate;
  /** A certificate for localhost and 127.0.0.1. */
  issueServer(parts?: CertificateParts): TestCertificate;
}

const DAY_MS = 86_400_000;

/** Makes an authority with a key of its own; two of the same name are two authorities. */
export function createTestAuthority(commonName = "test authority"): TestAuthority {
  const key = newKey();
  const subject = nameOf(commonName);
  const issue = (parts: CertificateParts = {}): TestCertificate => {
    const own = newKey();
    const name = nameOf(parts.commonName ?? "test");
    return textOf(
      certificateOf({ issuer: subject, subject: name, key: own, signer: key, isAuthority: false, parts }),
      own,
    );
  };
  const root = certificateOf({ issuer: subject, subject, key, signer: key, isAuthority: true, parts: {} });
  return {
    ...textOf(root, key),
    issue,
    issueServer: (parts) => issue({ commonName: "localhost", dns: ["localhost", "127.0.0.1"], ...parts }),
  };
}

/** The key of a certificate as an operator with a passphrase has it. */
export function encryptKey({ key }: TestCertificate, passphrase: string): string {
  const options = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase } as const;
  return createPrivateKey(key).export(options).toString();
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function textOf(der: Buffer, key: KeyObject): TestCertificate {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    certificate: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface Unsigned {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
  readonly parts: CertificateParts;
}

/** RFC 5280, section 4.1. */
function certificateOf({ issuer, subject, key, signer, isAuthority, parts }: Unsigned): Buffer {
  const now = Date.now();
  const { notBefore = now - DAY_MS, notAfter = now + 365 * DAY_MS } = parts;
  const publicKey = key.export({ type: "sec1", format: "der" });
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(instant(notBefore), instant(notAfter)),
    subject,
    publicKeyInfo(publicKey),
    tagged(0xa3, sequence(...extensionsOf(isAuthority, parts))),
  );
  return sequence(body, ECDSA_WITH_SHA256, bitString(sign("sha256", body, signer)));
}

/** Of an ECPrivateKey (RFC 5915) the last 65 bytes are the point. */
function publicKeyInfo(privateKey: Buffer): Buffer {
  return sequence(
    sequence(oid(1, 2, 840, 10045, 2, 1), oid(1, 2, 840, 10045, 3, 1, 7)),
    bitString(privateKey.subarray(-65)),
  );
}

function extensionsOf(isAuthority: boolean, { dns = [], uris = [] }: CertificateParts): Buffer[] {
  const names = [...dns.map(dnsName), ...uris.map((uri) => tagged(0x86, Buffer.from(uri)))];
  return [
    sequence(
      oid(2, 5, 29, 19),
      octets(sequence(...(isAuthority ? [tagged(0x01, Buffer.from([0xff]))] : []))),
    ),
    ...(names.length === 0 ? [] : [sequence(oid(2, 5, 29, 17), octets(sequence(...names)))]),
  ];
}

function dnsName(name: string): Buffer {
  return isIP(name) === 4
    ? tagged(0x87, Buffer.from(name.split(".").map(Number)))
    : tagged(0x82, Buffer.from(name));
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid(2, 5, 4, 3), tagged(0x0c, Buffer.from(commonName)))));
}

/** GeneralizedTime, whole seconds. */
function instant(at: Instant): Buffer {
  const digits = new Date(at).toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");
  return tagged(0x18, Buffer.from(digits));
}

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const bytes = rest.flatMap((arc) => {
    const sevens = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) sevens.unshift((left & 0x7f) | 0x80);
    return sevens;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items));
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function octets(bytes: Buffer): Buffer {
  return tagged(0x04, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

/** DER: tag, length, content. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const ECDSA_WITH_SHA256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
