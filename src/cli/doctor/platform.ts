import type { Knex } from "knex";
import { outsideText } from "../../license-file/outside-text.ts";
import { PLATFORM_KEY_FILE, type PlatformKey, readPlatformKey } from "../../platform/platform-key.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { howToName, settingOf } from "../../profiles/open-profile.ts";
import { readPlatform } from "../../store/platform.ts";
import type { PlatformRow } from "../../store/types.ts";
import { type Finding, fail, ok, skip, warn } from "./check.ts";

/** How to get the key of a platform onto a node. */
export const COPY_KEY = `Copy ${PLATFORM_KEY_FILE} from the data directory of another node, or from a backup, and run licensectl node join --key ${PLATFORM_KEY_FILE}.`;

/** Whether the platform key is there, closed to others and of the right form. */
export async function checkKeyFile(dataDirectory: string): Promise<Finding> {
  const key = await readPlatformKey(dataDirectory);
  if (key !== undefined) return ok(`${PLATFORM_KEY_FILE}, closed to others, thumbprint ${key.thumbprint}`);
  return fail(`There is no ${PLATFORM_KEY_FILE} in ${shownPath(dataDirectory)}.`, COPY_KEY);
}

/** Whether the database belongs to the platform of the key, and to the product that is set. */
export async function checkPlatform(
  knex: Knex,
  dataDirectory: string,
  profileName: string | undefined,
): Promise<Finding> {
  const platform = await readPlatform(knex);
  if (platform === undefined) {
    return warn(
      "The database has no platform yet.",
      "The first start makes it. If there was one, this is not its database.",
    );
  }
  const key = await readPlatformKey(dataDirectory);
  if (key === undefined) return skip("not compared: there is no platform key here");
  return (
    judgeKey(platform, key) ??
    judgeProfile(platform, profileName) ??
    ok(`the database is that of the key, product ${platform.profile}`)
  );
}

/** The finding if the key is not the platform's. */
export function judgeKey({ thumbprint }: PlatformRow, key: PlatformKey): Finding | undefined {
  if (thumbprint === key.thumbprint) return undefined;
  return fail(
    `The database belongs to the platform ${outsideText(thumbprint)}, and the key is that of ${key.thumbprint}.`,
    `Set DATABASE_URL to the database of this platform. If the database is the right one: move the wrong key away. ${COPY_KEY}`,
  );
}

/**
 * The finding if the database belongs to another product.
 *
 * @param profileName `undefined`: that cannot be told, which is the finding of the settings.
 */
export function judgeProfile(
  { profile: found }: PlatformRow,
  profileName: string | undefined,
): Finding | undefined {
  if (profileName === undefined || found === profileName) return undefined;
  return fail(
    `The database belongs to the product ${outsideText(found)}, and ${settingOf(profileName)} says ${profileName}.`,
    `Set ${howToName(found)}, or DATABASE_URL to the database of ${profileName}.`,
  );
}
