import { join } from "node:path";
import type { Profile } from "../../domain/profile.ts";
import { isShippedProfile, loadProfile } from "../../profiles/load-profile.ts";
import { isTrusted, KEPT_PROFILE_FILE, readProfileFile } from "../../profiles/open-profile.ts";
import { ProfileError } from "../../profiles/profile-error.ts";
import { damagedProfile, strangeProfile, unknownProduct } from "./offline-errors.ts";

/**
 * The profile of a data directory: one that ships, or the one that its server has kept there.
 *
 * @param name as the server has kept it.
 * @param isDevelopment a profile that is not the vendor's is believed, as by the server (threat 9).
 * @throws CliError: the profile is not there, cannot be used, or is not to be believed.
 */
export function readKeptProfile(directory: string, name: string, isDevelopment: boolean): Profile {
  if (isShippedProfile(name)) return loadProfile(name);
  const path = join(directory, KEPT_PROFILE_FILE);
  const { profile, fileText } = readKept(path, name);
  if (profile.name !== name) throw unknownProduct(path, name);
  if (!isDevelopment && !isTrusted(fileText)) throw strangeProfile(path);
  return profile;
}

function readKept(path: string, name: string): ReturnType<typeof readProfileFile> {
  try {
    return readProfileFile(path);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw isMissing(error.cause) ? unknownProduct(path, name) : damagedProfile(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
