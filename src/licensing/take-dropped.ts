/** Installs what lies in the drop folder, by the same path as an upload (ZL-6, ZL-7). */
import type { Refusal } from "../domain/refusal.ts";
import { ServiceError } from "../errors.ts";
import { outsideText } from "../license-file/outside-text.ts";
import { DEFAULT_PACKAGE_LIMITS } from "../license-file/package-limits.ts";
import type { Logger } from "../log.ts";
import { fileProblem } from "../platform/file-problem.ts";
import { listDropped, moveInstalled, moveRefused, readDropped } from "./drop-folder.ts";
import { installPackage } from "./install-package.ts";
import type { LicensingContext } from "./licensing-context.ts";

/** Most files of one call; further ones wait for the next. */
export const MOST_DROPPED_FILES = 100;

/** Reasons of one call, from which on further files wait for the next: the answer must fit into a message. */
const MOST_REFUSALS = 1_000;

/** What became of a dropped file. */
export interface TakenFile {
  /** Escaped and cut. */
  readonly fileName: string;
  /** Ids of the licenses that were installed from it, ascending. */
  readonly installedIds: readonly string[];
  /** Ids of its licenses that were installed before, ascending. */
  readonly unchangedIds: readonly string[];
  /** Every reason against it, the deciding one first; empty: it was taken. */
  readonly refusals: readonly Refusal[];
}

/** What dropped files are taken with. */
export interface DropContext {
  readonly licensing: LicensingContext;
  /** The drop folder; it may be missing. */
  readonly folder: string;
  readonly log: Logger;
}

/**
 * Takes the files of the drop folder by name, one package after the other; at most {@link MOST_DROPPED_FILES}.
 * A file is moved once its outcome is committed: after a crash in between, the next call finds its licenses
 * unchanged and moves it.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE, BUSY: the file in question and those after it stay.
 */
export async function takeDropped(context: DropContext): Promise<readonly TakenFile[]> {
  const names = await listDropped(context.folder);
  const waiting = names.splice(MOST_DROPPED_FILES);
  const taken: TakenFile[] = [];
  let refusalCount = 0;
  for (const name of names) {
    if (refusalCount >= MOST_REFUSALS) waiting.push(name);
    else {
      const file = await takeFile(context, name);
      if (file === undefined) continue;
      taken.push(file);
      refusalCount += file.refusals.length;
    }
  }
  if (waiting.length > 0) {
    context.log.info({ waiting: waiting.length }, "dropped files wait for the next reload");
  }
  return taken;
}

async function takeFile(context: DropContext, name: string): Promise<TakenFile | undefined> {
  const { licensing, folder } = context;
  const maxBytes = licensing.limits.maxPackageBytes ?? DEFAULT_PACKAGE_LIMITS.maxPackageBytes;
  const read = await readDropped(folder, name, maxBytes);
  if (read.kind === "gone") return undefined;
  const outcome = read.kind === "read" ? await install(licensing, read.bytes) : refusedBy([read.refusal]);
  const file: TakenFile = { fileName: outsideText(name), ...outcome };
  report(context, file);
  if (read.kind !== "unreadable") await moveAway(context, name, file);
  return file;
}

type Outcome = Omit<TakenFile, "fileName">;

async function install(licensing: LicensingContext, bytes: Uint8Array): Promise<Outcome> {
  try {
    const { files } = await installPackage(licensing, bytes, false);
    const idsOf = (wanted: (typeof files)[number]["outcome"]) =>
      files.flatMap(({ license, outcome }) => (outcome === wanted ? license.id : [])).sort();
    return { installedIds: idsOf("INSTALLED"), unchangedIds: idsOf("ALREADY_INSTALLED"), refusals: [] };
  } catch (error) {
    if (error instanceof ServiceError && error.refusals.length > 0) return refusedBy(error.refusals);
    throw error;
  }
}

function refusedBy(refusals: readonly Refusal[]): Outcome {
  return { installedIds: [], unchangedIds: [], refusals };
}

/** The name of a file may be that of a customer, and stays out of the log. */
function report({ log }: DropContext, { installedIds, unchangedIds, refusals }: TakenFile): void {
  const [first] = refusals;
  if (first === undefined) log.info({ installedIds, unchangedIds }, "a dropped file was taken");
  else log.warn({ reason: first.reason, reasons: refusals.length }, "a dropped file was refused");
}

/** What cannot be moved is found again by the next call, which gives the same answer. */
async function moveAway(
  { folder, log, licensing }: DropContext,
  name: string,
  file: TakenFile,
): Promise<void> {
  try {
    if (file.refusals.length === 0) await moveInstalled(folder, name);
    else await moveRefused(folder, name, reasonsText(file, new Date(licensing.clock.now())));
  } catch (error) {
    log.error({ problem: fileProblem(error) }, "a dropped file cannot be moved out of the drop folder");
  }
}

function reasonsText({ fileName, refusals }: TakenFile, at: Date): string {
  const lines = refusals.map(({ reason, message, fileName: inner, claim }) => {
    const place = [inner && `${inner}:`, claim && `claim ${claim}:`].filter(Boolean).join(" ");
    return [reason, place, message].filter(Boolean).join(" ");
  });
  return `${fileName} was refused at ${at.toISOString()}. Nothing of it was installed.\n\n${lines.join("\n")}\n`;
}
