/**
 * Decides where the cluster of a data directory lies. An ordinary user has it in the data directory. Under root
 * PostgreSQL runs as another account, to which the data directory (0700) is closed: then the cluster lies
 * elsewhere, and a file of the data directory remembers where.
 */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartupError } from "../../errors.ts";
import { type Account, chooseAccount, ownerOf } from "./account.ts";
import { type Binaries, locateBinaries } from "./binaries.ts";
import { copyBinaries } from "./copy-binaries.ts";
import { claimHome, makeHome, makeHomesDirectory, readHome } from "./homes.ts";
import { type ClusterPlace, isThere, makePrivateDirectory, placeIn, SOCKET_NAME } from "./place.ts";
import { canReach } from "./reach.ts";

/** What the choice depends on. */
export interface PlaceOptions {
  /** Real path, locked by this process. */
  readonly dataDirectory: string;
  /** Directory of homes and copied programs; used under root only. */
  readonly homesDirectory: string;
  readonly log: (line: string) => void;
}

/** Linux takes 107 bytes, macOS 103. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Finds the place of the data directory's cluster, or makes a new one.
 *
 * @throws StartupError embeddedDatabase, if the place is gone, out of reach, or another data directory's.
 */
export async function choosePlace(options: PlaceOptions): Promise<ClusterPlace> {
  const home = await chooseHome(options);
  const cluster = join(home, "cluster");
  const account = (await isThere(cluster)) ? await ownerOf(cluster) : await chooseAccount();
  const binaries = await reachableBinaries(options, account);
  return placeIn(home, binaries, account, socketDirectoryFor(home));
}

async function chooseHome({ dataDirectory, homesDirectory, log }: PlaceOptions): Promise<string> {
  const remembered = await readHome(dataDirectory);
  if (remembered !== undefined) {
    await claimHome(remembered, dataDirectory);
    return await realpath(remembered);
  }
  const inside = join(dataDirectory, "postgresql");
  if (process.getuid?.() === 0) {
    await refuseForeignCluster(join(inside, "cluster"));
    return await makeHome(homesDirectory, dataDirectory, log);
  }
  await makePrivateDirectory(inside, undefined);
  return inside;
}

/** Root would leave files in it that its owner cannot use later. */
async function refuseForeignCluster(cluster: string): Promise<void> {
  if (!(await isThere(cluster))) return;
  const owner = await ownerOf(cluster);
  throw new StartupError(
    "embeddedDatabase",
    `the database in this data directory was made by account ${owner?.uid}: run the service as that account, not as root`,
  );
}

async function reachableBinaries(options: PlaceOptions, account: Account | undefined): Promise<Binaries> {
  const installed = await locateBinaries();
  if (await canReachBinaries(installed, account)) return installed;
  await makeHomesDirectory(options.homesDirectory);
  const copy = await copyBinaries(installed, await realpath(options.homesDirectory));
  options.log(`the account of PostgreSQL cannot reach its installed programs: it runs those in ${copy.root}`);
  return copy;
}

/** Tells whether the account can run an installation: its programs, libraries and data files. */
export async function canReachBinaries(binaries: Binaries, account: Account | undefined): Promise<boolean> {
  const samples = ["bin/postgres", "bin/initdb", "lib/postgresql", "share/postgresql/postgres.bki"];
  for (const path of samples) {
    if (!(await canReach(join(binaries.root, path), account))) return false;
  }
  return true;
}

/** In the home, unless the path of the socket becomes too long for the operating system. */
export function socketDirectoryFor(home: string): string {
  const usual = join(home, "socket");
  if (Buffer.byteLength(join(usual, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES) return usual;
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 12);
  const name = `license-service-${process.getuid?.() ?? 0}-${hash}`;
  const short = join(tmpdir(), name);
  return Buffer.byteLength(join(short, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES ? short : join("/tmp", name);
}
