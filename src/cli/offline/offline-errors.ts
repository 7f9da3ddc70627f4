/** Why a data directory does not tell its licenses. */
import { outsideText } from "../../license-file/outside-text.ts";
import type { ProfileError } from "../../profiles/profile-error.ts";
import { CliError } from "../cli-error.ts";

/** Nothing was kept there yet. */
export function noState(path: string): CliError {
  return new CliError("usage", `There is no ${path}.`, {
    reason: "NOTHING_KEPT",
    meaning: "No server has kept its licenses in this data directory yet.",
    remedy:
      "Start the server once; if it runs and the file stays away, look at the alert DATA_DIRECTORY in licensectl info.",
  });
}

/** The file is not as a server wrote it. */
export function damagedState(path: string): CliError {
  return new CliError("refused", `${path} is damaged.`, {
    reason: "KEPT_STATE_DAMAGED",
    meaning: "The licenses cannot be told from it. No license is lost: the database has them.",
    remedy: "Start the server, which writes the file anew.",
  });
}

/** A later version of the product wrote it. */
export function newerState(path: string): CliError {
  return new CliError("refused", `${path} was written by a newer version of the license service.`, {
    reason: "KEPT_STATE_NEWER",
    remedy: "Use the licensectl of that version.",
  });
}

/** It belongs to another platform than the key beside it. */
export function otherPlatform(path: string): CliError {
  return new CliError("refused", `${path} belongs to another platform than the key in this data directory.`, {
    reason: "OTHER_PLATFORM",
    meaning: "It was copied from another platform, or the key was; nothing in it counts here.",
    remedy: "Put the platform key back, or start the server, which writes the file anew.",
  });
}

/** The product does not ship with this program, and its profile is not beside the licenses. */
export function unknownProduct(path: string, name: string): CliError {
  return new CliError("refused", `${path} is not the profile of the product ${outsideText(name, 64)}.`, {
    reason: "UNKNOWN_PRODUCT",
    meaning: "This program does not know the product, and the server's profile file is not there.",
    remedy:
      "Start the server, which writes the file anew; if a newer version of the license service ran here, use its licensectl.",
  });
}

/** The kept profile of the server cannot be used any more. */
export function damagedProfile(error: ProfileError): CliError {
  return new CliError("refused", error.message, {
    reason: "KEPT_PROFILE_DAMAGED",
    remedy: "Start the server, which writes the file anew.",
    cause: error,
  });
}

/** The kept profile is not one that a production server believes. */
export function strangeProfile(path: string): CliError {
  return new CliError("refused", `${path} is not a profile of the vendor's.`, {
    reason: "PROFILE_NOT_TRUSTED",
    meaning: "A production server does not start with it: the package holds no such file in trust/profiles.",
    remedy: "If the server ran in development mode, add --development.",
  });
}
