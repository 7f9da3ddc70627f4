/**
 * Homes of clusters outside their data directories: for root, whose data directory (0700) is closed to the account
 * that PostgreSQL runs as. Data directory and home know each other by a file in each.
 */
import { createHash, randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StartupError } from "../../errors.ts";
import { writeFileDurably } from "../../platform/durable-file.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { isThere } from "./place.ts";

/** File of the data directory: path of the home that lies elsewhere. */
const HOME_FILE = "postgresql-home";
/** File of a home: path of the data directory that it belongs to. */
const OWNER_FILE = "data-directory";

/** Path of the home that the data directory remembers, if it lies elsewhere. */
export async function readHome(dataDirectory: string): Promise<string | undefined> {
  return readLine(join(dataDirectory, HOME_FILE));
}

/**
 * Makes a home for the cluster of a data directory.
 *
 * @param homes directory that only this process's account can change; made if it is missing.
 */
export async function makeHome(
  homes: string,
  dataDirectory: string,
  log: (line: string) => void,
): Promise<string> {
  await makeHomesDirectory(homes);
  const prefix = createHash("sha256").update(dataDirectory).digest("hex").slice(0, 12);
  for (const name of (await readdir(homes)).filter((each) => each.startsWith(`${prefix}-`))) {
    log(`${join(homes, name)} holds the database of an earlier data directory of the same name`);
  }
  const home = join(await realpath(homes), `${prefix}-${randomBytes(3).toString("hex")}`);
  await mkdir(home);
  await chmod(home, 0o711);
  await writeFile(join(home, OWNER_FILE), `${dataDirectory}\n`, { mode: 0o600 });
  await writeFileDurably(join(dataDirectory, HOME_FILE), `${home}\n`);
  log(`this process is root, PostgreSQL is not: the database lies in ${home}`);
  return home;
}

/**
 * Makes sure that a remembered home is there and belongs to this data directory: a copied data directory must not
 * lead two services to one cluster, a moved one keeps its own.
 *
 * @throws StartupError embeddedDatabase, if the home is gone, or is another data directory's.
 */
export async function claimHome(home: string, dataDirectory: string): Promise<void> {
  if (!(await isThere(home))) {
    throw new StartupError(
      "embeddedDatabase",
      `the database of this data directory lay in ${shownPath(home)}, which is gone: restore it, ` +
        `or remove ${shownPath(join(dataDirectory, HOME_FILE))} to begin with an empty one`,
    );
  }
  const owner = await readLine(join(home, OWNER_FILE));
  if (owner === dataDirectory) return;
  if (owner !== undefined && (await readLine(join(owner, HOME_FILE))) === home) {
    throw new StartupError(
      "embeddedDatabase",
      `the database in ${shownPath(home)} belongs to the data directory ${shownPath(owner)}, of which this one is a copy: ` +
        `remove ${shownPath(join(dataDirectory, HOME_FILE))} to begin with an empty one`,
    );
  }
  await writeFileDurably(join(home, OWNER_FILE), `${dataDirectory}\n`);
}

/** Makes the directory of homes, open to be passed through, and changeable by this process's account alone. */
export async function makeHomesDirectory(homes: string): Promise<void> {
  await mkdir(homes, { recursive: true });
  const { uid, mode } = await lstat(homes);
  // Whoever may rename here may put a program of his own in the place of PostgreSQL's.
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new StartupError(
      "embeddedDatabase",
      `${shownPath(homes)} can be changed by others than root: give it to root, with mode 0755`,
    );
  }
  await chmod(homes, 0o755);
}

async function readLine(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim() || undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
