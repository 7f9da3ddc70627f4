import { randomUUID } from "node:crypto";
import { rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shownPath } from "../../platform/shown-path.ts";
import { type Finding, fail, ok, warn } from "./check.ts";

const LEAST_FREE_BYTES = 100 * 1024 * 1024;

/** Whether the data directory is there, closed to others, writable, and has room. */
export async function checkDataDirectory(path: string): Promise<Finding> {
  const entry = await stat(path).catch((error: unknown) => codeOf(error));
  if (typeof entry === "string") return missing(path, entry);
  if (!entry.isDirectory()) return fail(`${shownPath(path)} is not a directory.`, SET_IT);
  const own = process.getuid?.() ?? entry.uid;
  if (own !== 0 && entry.uid !== own) {
    return fail(
      `${shownPath(path)} belongs to account ${entry.uid}, and this is account ${own}.`,
      "Run the server and this command as the account that owns it.",
    );
  }
  const mode = entry.mode & 0o777;
  if (mode !== 0o700) {
    const remedy = `chmod 700 ${shownPath(path)}; the next start does it, too.`;
    return fail(`${shownPath(path)} is open to other accounts (mode 0${mode.toString(8)}).`, remedy);
  }
  const problem = await probe(path);
  if (problem !== undefined) {
    const remedy = "Look at the file system: is it full, or read-only?";
    return fail(`${shownPath(path)} cannot be written (${problem}).`, remedy);
  }
  return judgeSpace(path, entry.uid);
}

const SET_IT = "Set LICENSE_DATA_DIR, or name the directory by --data-dir, as the server has it.";

function missing(path: string, code: string): Finding {
  if (code !== "ENOENT") return fail(`${shownPath(path)} cannot be looked at (${code}).`, SET_IT);
  return fail(`There is no ${shownPath(path)}.`, `${SET_IT} The first start makes it.`);
}

/** Writes a file and removes it again. */
async function probe(path: string): Promise<string | undefined> {
  const file = join(path, `doctor-${randomUUID()}.tmp`);
  try {
    await writeFile(file, "may go\n", { mode: 0o600, flag: "wx" });
    return undefined;
  } catch (error) {
    return codeOf(error);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

async function judgeSpace(path: string, uid: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const free = `${Math.floor((bavail * bsize) / (1024 * 1024))} MB free`;
  if (bavail * bsize < LEAST_FREE_BYTES) {
    return warn(`${shownPath(path)} has ${free}.`, "Make room on its file system.");
  }
  return ok(`${shownPath(path)}, mode 0700, account ${uid}, ${free}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
