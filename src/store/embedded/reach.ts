import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Account } from "./account.ts";

const READ = 4;
const SEARCH = 1;

/**
 * Tells whether an account may pass through every directory above a path and read the path itself,
 * by permission bits. `undefined` is this process's own account, which is believed to reach all that is its own.
 */
export async function canReach(path: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  const target = await realpath(path);
  if (!(await grants(target, account, READ))) return false;
  for (let directory = dirname(target); ; directory = dirname(directory)) {
    if (!(await grants(directory, account, SEARCH))) return false;
    if (directory === dirname(directory)) return true;
  }
}

async function grants(path: string, account: Account, wanted: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  const granted = (mode >> shift) & 7;
  const needed = wanted === READ && (mode & 0o170000) === 0o040000 ? READ | SEARCH : wanted;
  return (granted & needed) === needed;
}
