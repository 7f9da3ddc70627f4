import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { inDataDirectory } from "../platform/data-directory.ts";
import { writeFileDurably } from "../platform/durable-file.ts";
import type { Store } from "../store/store.ts";
import { hasAdminToken, insertToken } from "../store/tokens.ts";
import { createToken, hashToken } from "./token.ts";

/** Name of the file in the data directory that holds the first admin token. */
export const ADMIN_TOKEN_FILE = "admin-token";

/** Name of the first admin token. */
export const FIRST_ADMIN_NAME = "first admin";

/**
 * Makes an admin token when none is in force, and leaves it in the data directory, readable by this
 * account alone (0600). Revoked and expired ones do not count: a start is the way back for those who have
 * locked themselves out. The file is written before the row is committed: after a crash in between, the
 * next start makes another token and replaces the file.
 *
 * @returns the path of the file; `undefined`: an admin token is in force.
 * @throws ServiceError DATABASE_UNAVAILABLE; StartupError dataDirectory.
 */
export async function ensureFirstAdminToken(
  store: Pick<Store, "withPlatformLock" | "hasAdminToken">,
  dataDirectory: string,
  clock: Clock,
): Promise<string | undefined> {
  // Without the lock first: after the first start this is all that happens.
  if (await store.hasAdminToken(clock.now())) return undefined;
  return store.withPlatformLock(async (trx) => {
    if (await hasAdminToken(trx, clock.now())) return undefined;
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
    await inDataDirectory(dataDirectory, () => writeFileDurably(path, `${token}\n`));
    return path;
  });
}
