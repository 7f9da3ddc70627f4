import type { Instant } from "../domain/license.ts";
import { ServiceError } from "../errors.ts";
import type { CertificateEntry } from "./certificate-entries.ts";
import type { ClientCertificate } from "./client-certificate.ts";
import type { Identity } from "./identity.ts";

/** The identities that client certificates have, by the entries in force. */
export class CertificateTable {
  #entries: readonly CertificateEntry[] = [];
  /** By certificate, which lives as long as its connection. */
  #known = new WeakMap<ClientCertificate, Identity | "unknown">();

  /** Takes over the entries that are in force from now on. */
  replace(entries: readonly CertificateEntry[]): void {
    this.#entries = entries;
    this.#known = new WeakMap();
  }

  /**
   * Who the holder of a certificate is: the first entry that fits, in the order of the file.
   *
   * @throws ServiceError CERTIFICATE_EXPIRED, CERTIFICATE_UNKNOWN.
   */
  identify(certificate: ClientCertificate, now: Instant): Identity {
    if (certificate.expiresAt <= now) throw expired();
    const identity = this.#identityOf(certificate);
    if (identity === "unknown") throw unknown();
    return identity;
  }

  /** Why an identity that was good before is so no more; `undefined`: it is. */
  refusalOf(identity: Identity, certificate: ClientCertificate, now: Instant): ServiceError | undefined {
    if (certificate.expiresAt <= now) return expired();
    const current = this.#identityOf(certificate);
    const isSame = current !== "unknown" && current.id === identity.id && current.role === identity.role;
    return isSame ? undefined : unknown();
  }

  #identityOf(certificate: ClientCertificate): Identity | "unknown" {
    const known = this.#known.get(certificate);
    if (known !== undefined) return known;
    const entry = this.#entries.find((candidate) => fits(candidate, certificate));
    const identity = entry === undefined ? "unknown" : identityBy(entry, certificate);
    this.#known.set(certificate, identity);
    return identity;
  }
}

function fits({ by, value }: CertificateEntry, { uris, dnsNames, commonName }: ClientCertificate): boolean {
  if (by === "uri") return uris.includes(value);
  return by === "dns" ? dnsNames.includes(value) : commonName === value;
}

function identityBy({ name, role }: CertificateEntry, { expiresAt }: ClientCertificate): Identity {
  return { id: `certificate:${name}`, kind: "certificate", name, role, expiresAt };
}

function expired(): ServiceError {
  const message = "The client certificate has ended. Connect with a new one.";
  return new ServiceError("CERTIFICATE_EXPIRED", message);
}

function unknown(): ServiceError {
  const message =
    "The call carries no token, and the client certificate has no role here. Send a token, or ask an administrator to enter the certificate.";
  return new ServiceError("CERTIFICATE_UNKNOWN", message);
}
