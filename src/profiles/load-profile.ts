/** Reads profiles: those that ship, and files of others (rules section 1: a vendor can supply a fifth). */
import { readFileSync } from "node:fs";
import type { Profile } from "../domain/profile.ts";
import { outsideText } from "../license-file/outside-text.ts";
import { ProfileError, shapeProblems } from "./profile-error.ts";
import { readJson } from "./read-json.ts";
import { findProblems } from "./references.ts";
import { profileSchema, tableSchema } from "./schema.ts";
import { toProfile } from "./to-profile.ts";

/** Names of the profiles that ship. */
export const PROFILE_NAMES = ["zstack-cloud", "zstack-zsphere", "zstack-3", "unicloud-usphere"] as const;

/** Name of a profile that ships. */
export type ProfileName = (typeof PROFILE_NAMES)[number];

const DIRECTORY = new URL("../domain/profiles/", import.meta.url);
/** The rows of rules section 7, which a profile need not repeat. */
const TABLE = new URL("table.json", import.meta.url);

/** Whether a profile of this name ships. */
export function isShippedProfile(name: string): name is ProfileName {
  return PROFILE_NAMES.some((known) => known === name);
}

/**
 * Loads a profile that ships.
 *
 * @throws Error when none of that name does.
 */
export function loadProfile(name: string): Profile {
  if (!isShippedProfile(name)) {
    throw new Error(`unknown profile "${outsideText(name)}"; known: ${PROFILE_NAMES.join(", ")}`);
  }
  return parseProfile(`${name}.json`, readFileSync(new URL(`${name}.json`, DIRECTORY), "utf8"));
}

/**
 * Reads the text of a profile file.
 *
 * @param fileName for the message of the error.
 * @throws ProfileError with everything that is wrong with it.
 */
export function parseProfile(fileName: string, text: string): Profile {
  const json = readJson(text);
  if ("problem" in json) throw new ProfileError(fileName, [json.problem]);
  const parsed = profileSchema.safeParse(json.value);
  if (!parsed.success) throw new ProfileError(fileName, shapeProblems(parsed.error));
  const problems = findProblems(parsed.data);
  if (problems.length > 0) throw new ProfileError(fileName, problems);
  return toProfile(parsed.data, tableSchema.parse(JSON.parse(readFileSync(TABLE, "utf8"))));
}
