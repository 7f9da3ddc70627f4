import type { Instant } from "../domain/license.ts";
import type { ServiceError } from "../errors.ts";
import type { CertificateTable } from "./certificate-table.ts";
import type { ClientCertificate } from "./client-certificate.ts";
import type { Identity } from "./identity.ts";
import type { TokenTable } from "./token-table.ts";

/** Everybody that the service knows. */
export class Callers {
  readonly #tokens: TokenTable;
  readonly #certificates: CertificateTable;

  constructor(tokens: TokenTable, certificates: CertificateTable) {
    this.#tokens = tokens;
    this.#certificates = certificates;
  }

  /**
   * Who makes a call. A token decides, if there is one: the certificate then only lets its holder connect.
   *
   * @param authorization value of the call; `undefined`: it carries none.
   * @param certificate of the connection; `undefined`: it has none.
   * @throws ServiceError TOKEN_MISSING, TOKEN_UNKNOWN, TOKEN_EXPIRED, CERTIFICATE_UNKNOWN, CERTIFICATE_EXPIRED.
   */
  identify(
    authorization: string | undefined,
    certificate: ClientCertificate | undefined,
    now: Instant,
  ): Identity {
    return authorization === undefined && certificate !== undefined
      ? this.#certificates.identify(certificate, now)
      : this.#tokens.identify(authorization, now);
  }

  /** Whether a token's identity, found before, would be found again. Costs a fraction of {@link identify}. */
  isTokenInForce(identity: Identity, now: Instant): boolean {
    return this.#tokens.isInForce(identity, now);
  }

  /** Why an identity that was good before is so no more; `undefined`: it is. */
  refusalOf(
    identity: Identity,
    certificate: ClientCertificate | undefined,
    now: Instant,
  ): ServiceError | undefined {
    return identity.kind === "certificate" && certificate !== undefined
      ? this.#certificates.refusalOf(identity, certificate, now)
      : this.#tokens.refusalOf(identity, now);
  }
}
