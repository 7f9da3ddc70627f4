/** Why a data directory does not tell its licenses. */
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
