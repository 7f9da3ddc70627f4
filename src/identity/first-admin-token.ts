import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { writeFileDurably } from "../platform/durable-file.ts";
import type { Store } from "../store/store.ts";
import { hasAdminToken, insertToken } from "../store/tokens.ts";
import { createToken, hashToken } from "./token.ts";

/** Name of the file in the data directory that holds the first admin token. */
export const ADMIN_TOKEN_FILE = "admin-token";

/** Name of the first admin token. */
export const FIRST_ADMIN_NAME = "first admin";

/**
 * Makes an admin token when the store has none, and leaves it in the data directory, readable by this
 * account alone (0600). The file is written before the row is committed: after a crash in between, the
 * next start makes another token and replaces the file.
 *
 * @returns the path of the file; `undefined`: an admin token is there already.
 * @throws ServiceError DATABASE_UNAVAILABLE, or the error of the file system.
 */
export async function ensureFirstAdminToken(
  store: Pick<Store, "withPlatformLock" | "hasAdminToken">,
  dataDirectory: string,
  clock: Clock,
): Promise<string | undefined> {
  // Without the lock first: after the first start this is all that happens.
  if (await store.hasAdminToken()) return undefined;
  return store.withPlatformLock(async (trx) => {
    if (await hasAdminToken(trx)) return undefined;
    const token = createToken();
    const path = join(dataDirectory, ADMIN_TOKEN_FILE);
    await insertToken(trx, {
      id: randomUUID(),
      name: FIRST_ADMIN_NAME,
      role: "admin",
      sha256: hashToken(token),
      createdAt: clock.now(),
      expiresAt: undefined,
    });
    await writeFileDurably(path, `${token}\n`);
    return path;
  });
}
