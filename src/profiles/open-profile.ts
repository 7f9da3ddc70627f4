/**
 * The profile that a server runs: one that ships, or that of a file. A file could give every capability
 * without a license; so a production server believes only one that the vendor has put into the package, like
 * the vendor's keys (threat 9).
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "../domain/profile.ts";
import { StartupError } from "../errors.ts";
import { outsideText } from "../license-file/outside-text.ts";
import { PRODUCT_TRUST_DIRECTORY } from "../license-file/product-trust.ts";
import { fileProblem } from "../platform/file-problem.ts";
import { shownPath } from "../platform/shown-path.ts";
import { isShippedProfile, loadProfile, type ProfileName, parseProfile } from "./load-profile.ts";
import { ProfileError } from "./profile-error.ts";

/** Most bytes of a profile file; the largest that ships has some 20 KiB. */
export const MAX_PROFILE_BYTES = 1024 * 1024;

/** Directory of the vendor's profiles in the package's `trust` directory. */
export const TRUSTED_PROFILES = "profiles";

/** Name of the file in the data directory that holds the profile of the server, if it is none that ships. */
export const KEPT_PROFILE_FILE = "profile.json";

/** The profile where no setting names one. */
const DEFAULT_PROFILE: ProfileName = "zstack-cloud";

/** A profile, and the file that it came from. */
export interface OpenedProfile {
  readonly profile: Profile;
  /** The text of the file; `undefined`: the profile ships. */
  readonly fileText: string | undefined;
}

/** What the settings say of the profile. */
export interface ProfileSettings {
  readonly profile: ProfileName | undefined;
  /** Absolute path. */
  readonly profileFile: string | undefined;
  readonly isDevelopment: boolean;
}

/**
 * Opens the profile that the settings name.
 *
 * @param trustDirectory default: that of the package.
 * @throws StartupError "settings": both settings are set, the file cannot be used, or, in production, is not
 *   one of the vendor's.
 */
export function openProfile(
  { profile, profileFile, isDevelopment }: ProfileSettings,
  trustDirectory = PRODUCT_TRUST_DIRECTORY,
): OpenedProfile {
  if (profileFile === undefined) {
    return { profile: loadProfile(profile ?? DEFAULT_PROFILE), fileText: undefined };
  }
  if (profile !== undefined) {
    const message = "LICENSE_PROFILE and LICENSE_PROFILE_FILE are both set; keep the one that is meant.";
    throw new StartupError("settings", message);
  }
  const opened = asSettings(() => readProfileFile(profileFile));
  if (isDevelopment || isTrusted(opened.fileText, trustDirectory)) return opened;
  throw new StartupError(
    "settings",
    `The profile file ${shownPath(profileFile)} is not one of the vendor's. In production the package must hold the same file, byte for byte, in trust/${TRUSTED_PROFILES}; with --development any file serves.`,
  );
}

/**
 * Reads a profile file.
 *
 * @throws ProfileError: it cannot be read, is no profile, or has the name of one that ships.
 */
export function readProfileFile(path: string): { readonly profile: Profile; readonly fileText: string } {
  const fileText = readText(path);
  const profile = parseProfile(shownPath(path), fileText);
  if (!isShippedProfile(profile.name)) return { profile, fileText };
  throw new ProfileError(shownPath(path), [
    `name: expected a name of its own, found "${profile.name}", which is that of a product that ships`,
  ]);
}

/** The setting that names a product. */
export function settingOf(name: string): string {
  return isShippedProfile(name) ? "LICENSE_PROFILE" : "LICENSE_PROFILE_FILE";
}

/** The setting that names a product and its value, in the words of a remedy. */
export function howToName(name: string): string {
  return isShippedProfile(name)
    ? `${settingOf(name)} to ${name}`
    : `${settingOf(name)} to the profile file of ${outsideText(name)}`;
}

/** Whether the vendor has put the same file into the package. */
export function isTrusted(fileText: string, trustDirectory = PRODUCT_TRUST_DIRECTORY): boolean {
  const directory = join(trustDirectory, TRUSTED_PROFILES);
  const decoder = new TextDecoder();
  return namesIn(directory).some((name) => decoder.decode(readFileSync(join(directory, name))) === fileText);
}

function namesIn(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch {
    // Most packages have no such directory; one that cannot be read vouches for nothing.
    return [];
  }
}

function readText(path: string): string {
  const found = asProfileError(path, () => statSync(path));
  // A device or pipe would never end.
  if (!found.isFile()) throw new ProfileError(shownPath(path), ["the file: expected a plain file"]);
  if (found.size > MAX_PROFILE_BYTES) {
    throw new ProfileError(shownPath(path), [`the file: expected at most ${MAX_PROFILE_BYTES} bytes`]);
  }
  const bytes = asProfileError(path, () => readFileSync(path));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ProfileError(shownPath(path), ["the file: expected UTF-8"], { cause: error });
  }
}

function asProfileError<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ProfileError(shownPath(path), [`the file: ${fileProblem(error)}`], { cause: error });
  }
}

function asSettings<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    // A failure to start is one line.
    throw new StartupError("settings", error.message.replaceAll(/\s*\n\s*/gu, " "), { cause: error });
  }
}
