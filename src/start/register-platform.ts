/** The platform is born with the first start on a database, once; every later start must show its key. */
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { StartupError } from "../errors.ts";
import { outsideText } from "../license-file/outside-text.ts";
import {
  createPlatformKey,
  PLATFORM_KEY_FILE,
  type PlatformKey,
  readPlatformKey,
} from "../platform/platform-key.ts";
import { shownPath } from "../platform/shown-path.ts";
import { signRow } from "../platform/signed-row.ts";
import { howToName, settingOf } from "../profiles/open-profile.ts";
import { firstStartPayload } from "../snapshot/signed-rows.ts";
import { findPlatform, registerPlatform } from "../store/platform.ts";
import type { Store } from "../store/store.ts";
import type { PlatformRow } from "../store/types.ts";

/** What the platform is registered with. */
export interface PlatformParts {
  readonly store: Pick<Store, "readPlatform" | "withPlatformLock">;
  readonly dataDirectory: string;
  /** This node, registered before. */
  readonly nodeId: string;
  readonly profile: string;
  readonly clock: Clock;
}

/**
 * The key of the platform that the database belongs to. On a database without a platform it makes one:
 * a key in the data directory, or the one that is there, and a signed row.
 *
 * @throws StartupError "platformKey": the database belongs to a platform whose key is not in the data
 *   directory; "profileMismatch": it belongs to another product. ServiceError DATABASE_UNAVAILABLE.
 */
export async function ensurePlatform(parts: PlatformParts): Promise<PlatformKey> {
  const known = await parts.store.readPlatform();
  if (known !== undefined) return keyOf(known, parts);
  return parts.store.withPlatformLock(async (trx) => {
    // Another node may have been faster.
    const rival = await findPlatform(trx);
    return rival === undefined ? makePlatform(trx, parts) : keyOf(rival, parts);
  });
}

async function makePlatform(trx: Knex.Transaction, parts: PlatformParts): Promise<PlatformKey> {
  const { dataDirectory, nodeId, profile, clock } = parts;
  // The key is on disk before the row is committed: a row without its key would be of no use to anybody.
  const key = (await readPlatformKey(dataDirectory)) ?? (await createPlatformKey(dataDirectory));
  const firstStartAt = clock.now();
  const row = await registerPlatform(trx, {
    thumbprint: key.thumbprint,
    publicKey: key.publicKeyX,
    profile,
    firstStartAt,
    firstStartJws: await signRow(key, "first-start", firstStartPayload(firstStartAt)),
    primaryNodeId: nodeId,
  });
  if (row.thumbprint !== key.thumbprint) throw otherKey(parts.dataDirectory);
  return key;
}

async function keyOf(row: PlatformRow, { dataDirectory, profile }: PlatformParts): Promise<PlatformKey> {
  const key = await readPlatformKey(dataDirectory);
  if (key === undefined) throw missingKey(dataDirectory);
  if (key.thumbprint !== row.thumbprint) throw otherKey(dataDirectory);
  if (row.profile !== profile) throw otherProfile(row.profile, profile);
  return key;
}

function missingKey(dataDirectory: string): StartupError {
  return new StartupError(
    "platformKey",
    `The database belongs to a platform whose key is not in this data directory. ${howToCopy(dataDirectory)}`,
  );
}

function otherKey(dataDirectory: string): StartupError {
  return new StartupError(
    "platformKey",
    `The database belongs to another platform than the key in this data directory. If the database is the right one, move that key away. ${howToCopy(dataDirectory)}`,
  );
}

function howToCopy(dataDirectory: string): string {
  return `Copy ${PLATFORM_KEY_FILE} from the data directory of another node, or from a backup, and run: licensectl node join --key ${PLATFORM_KEY_FILE} --data-dir ${shownPath(dataDirectory)}`;
}

function otherProfile(found: string, asked: string): StartupError {
  return new StartupError(
    "profileMismatch",
    `The database belongs to the product ${outsideText(found)}, and ${settingOf(asked)} says ${asked}. Use the database of ${asked}, or set ${howToName(found)}.`,
  );
}
