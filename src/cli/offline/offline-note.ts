import type { CommandContext } from "../context.ts";
import { styled } from "../output/screen.ts";
import { formatWithDistance } from "../output/time.ts";
import { showRevision } from "../render/terms.ts";
import type { Answers } from "./answers.ts";

/**
 * Says before an answer for people that no server gave it, and how old it is; of a server's answer nothing.
 * A program reads the same from `staleSince`.
 */
export function writeOfflineNote({ out, err }: CommandContext, { offline }: Answers): void {
  if (offline === undefined) return;
  const { state, writtenAt, directory, lacksTestVendor } = offline;
  const written = formatWithDistance(new Date(writtenAt), new Date());
  out.line`${styled("yellow", "Offline:")} as of ${showRevision(state.revision)}, written ${written}; no server was asked, ${directory} was read.\n`;
  if (lacksTestVendor) {
    err.line`Licenses of the test vendor in this data directory do not count here; add --development to believe it.`;
  }
}

/** The answer as people see it: the note has told its age. */
export function withoutAge<T extends { staleSince?: Date | undefined }>(answer: T, { offline }: Answers): T {
  return offline === undefined ? answer : { ...answer, staleSince: undefined };
}
