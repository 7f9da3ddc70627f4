import type { Instant } from "../domain/license.ts";
import type { Role } from "../store/types.ts";

/** Who calls: a token that the service knows, by the name that an operator gave it. */
export interface Identity {
  /** Id of the token. */
  readonly tokenId: string;
  /** Name of the token, as given; escape it before it is shown. */
  readonly name: string;
  readonly role: Role;
  /** When the token ends; `undefined`: never. */
  readonly expiresAt: Instant | undefined;
}
