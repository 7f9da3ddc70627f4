import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { StartupError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { RevisionMark } from "../store/types.ts";
import { writeFileDurably } from "./durable-file.ts";
import { shownPath } from "./shown-path.ts";

/** Name of the file in the data directory that holds the last state of the store which this node saw. */
export const SEEN_REVISION_FILE = "seen-revision.json";

/** The last state of the store that this node saw: kept outside the database, so that a restore shows. */
export interface SeenRevision {
  /** `undefined`: this node has seen none. */
  current(): RevisionMark | undefined;
  /**
   * Remembers a state; resolves once it is on disk. Never rejects: on a full or read-only disk the memory
   * of this process counts, and the next call tries again.
   */
  keep(mark: RevisionMark): Promise<void>;
  /** Whether the last state kept is on disk. */
  isOnDisk(): boolean;
}

const count = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);

const schema = z.strictObject({ storeId: z.uuid(), epoch: count, revision: count, id: z.uuid() });

/**
 * Reads what this node saw last.
 *
 * @throws StartupError "dataDirectory": the file cannot be read, or is damaged.
 */
export async function openSeenRevision(dataDirectory: string, log: Logger): Promise<SeenRevision> {
  const path = join(dataDirectory, SEEN_REVISION_FILE);
  let current = await read(path);
  let onDisk = current;
  let hasFailed = false;
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (current === undefined || isSame(current, onDisk)) return;
    const mark = current;
    try {
      await writeFileDurably(path, textOf(mark));
      onDisk = mark;
      hasFailed = false;
    } catch (error) {
      if (!hasFailed)
        log.error({ err: error, path: shownPath(path) }, "the last seen revision cannot be kept");
      hasFailed = true;
    }
  };
  return {
    current: () => current,
    keep(mark) {
      current = mark;
      // One write at a time, the latest state in each: an older one never replaces a newer one.
      writing = writing.then(write);
      return writing;
    },
    isOnDisk: () => isSame(current, onDisk),
  };
}

async function read(path: string): Promise<RevisionMark | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw damaged(path, "cannot be read", error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(path, "is damaged", error);
  }
}

function damaged(path: string, what: string, cause: unknown): StartupError {
  return new StartupError(
    "dataDirectory",
    `${shownPath(path)} ${what}: restore it, or remove it if the database was not restored to an older state`,
    { cause },
  );
}

function textOf({ storeId, epoch, revision, id }: RevisionMark): string {
  return `${JSON.stringify({ storeId, epoch: `${epoch}`, revision: `${revision}`, id })}\n`;
}

function isSame(a: RevisionMark | undefined, b: RevisionMark | undefined): boolean {
  return a?.id === b?.id;
}
