/** Sockets of emulated devices whose process died: nobody listens, the name is still there. */
import { lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";

/**
 * Removes a socket on which nobody listens any more. Names appear here only when somebody listens already, so
 * that one without a listener has lost it.
 *
 * @throws the error of the file system, but that it is not there.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const before = await inodeOf(path);
  if (before === undefined || !(await isRefused(path))) return;
  // Another device may have taken the name meanwhile.
  if ((await inodeOf(path)) === before) await rm(path, { force: true });
}

/** `undefined`: it is no socket. */
async function inodeOf(path: string): Promise<number | undefined> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (isErrorWithCode(error, "ENOENT")) return undefined;
    throw error;
  });
  return stats?.isSocket() ? stats.ino : undefined;
}

async function isRefused(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => resolve(false));
  socket.once("error", (error) => resolve(isErrorWithCode(error, "ECONNREFUSED")));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
