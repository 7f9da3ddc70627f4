import { randomUUID } from "node:crypto";
import type { CreateTokenRequest, CreateTokenResponse } from "@license-service/contract";
import type { Instant } from "../domain/license.ts";
import { createToken, hashToken } from "../identity/token.ts";
import type { NewToken } from "../store/tokens.ts";
import type { UnaryHandler } from "./handler.ts";
import { invalidRequest, readInstant } from "./messages/instants.ts";
import { toRole, toToken } from "./messages/token.ts";
import { changeOf, type TokenSources } from "./token-sources.ts";

/** Makes a token and answers it, this once. Its answer must never be logged. */
export function createCreateToken({
  store,
  known,
  clock,
}: TokenSources): UnaryHandler<CreateTokenRequest, CreateTokenResponse> {
  return async (request, context) => {
    const secret = createToken();
    const token = newToken(request, secret, clock.now());
    await store.insertToken(token);
    context.log.info(changeOf(token, context), "token created");
    // The token is made: that this node knows it only after the next poll is no reason to lose it.
    await known.refresh().catch((error: unknown) => {
      context.log.warn(
        { err: error, tokenId: token.id },
        "tokens cannot be read; the new one is not known here yet",
      );
    });
    return { secret, token: toToken(token, clock.now()) };
  };
}

function newToken(request: CreateTokenRequest, secret: string, now: Instant): NewToken {
  const name = readName(request.name);
  const role = toRole(request.role);
  if (role === undefined) throw invalidRequest("role", "is not one of ADMIN, VIEWER, SERVICE");
  const expiresAt = readInstant("expire_time", request.expireTime);
  if (expiresAt !== undefined && expiresAt <= now) throw invalidRequest("expire_time", "does not lie ahead");
  return { id: randomUUID(), name, role, sha256: hashToken(secret), createdAt: now, expiresAt };
}

/** No control, format, surrogate or separator characters: names stand in logs and on terminals (threat 27). */
const NAME = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,100}$/u;

function readName(name: string): string {
  if (NAME.test(name) && name.trim() !== "") return name;
  throw invalidRequest("name", "is not 1 to 100 printable characters");
}
