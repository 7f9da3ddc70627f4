import type { Profile } from "../../domain/profile.ts";
import { readProfileFile } from "../../profiles/open-profile.ts";
import { ProfileError } from "../../profiles/profile-error.ts";
import { usageError } from "../cli-error.ts";

/**
 * The profile of --profile-file; `undefined`: the option is not there.
 *
 * @throws CliError of kind usage, with everything that is wrong with the file.
 */
export function readOwnProfile(path: string | undefined): Profile | undefined {
  if (path === undefined) return undefined;
  try {
    return readProfileFile(path).profile;
  } catch (error) {
    throw error instanceof ProfileError ? usageError(`--profile-file: ${error.message}`) : error;
  }
}
