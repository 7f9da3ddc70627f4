import type { Instant } from "../domain/license.ts";
import type { Role } from "../store/types.ts";

/** Who calls: a token that the service knows, or a client certificate that an operator gave a role. */
export interface Identity {
  /** Id of the token; of a certificate "certificate:" and the name of its entry. Limits count by it. */
  readonly id: string;
  readonly kind: "token" | "certificate";
  /** Name of the token or of the entry, as given; escape it before it is shown. */
  readonly name: string;
  readonly role: Role;
  /** When the token or the certificate ends; `undefined`: never. */
  readonly expiresAt: Instant | undefined;
}
