/** Codes of the operating system and of SQLite in words that follow "cannot be used: ". */
const BY_CODE: Readonly<Record<string, string>> = {
  EACCES: "this account may not read and write it",
  EPERM: "it belongs to another account",
  ENOTDIR: "a part of its path is not a directory",
  ENOENT: "there is no such file or directory",
  EEXIST: "it is not a directory",
  EISDIR: "a directory lies in its place",
  EROFS: "its file system is read-only",
  ENOSPC: "its file system is full",
  EDQUOT: "the disk quota of this account is used up",
  EFBIG: "files may not grow so large here (ulimit -f)",
  EIO: "its disk does not work",
  ENAMETOOLONG: "its name is too long",
};

/** Primary result codes of SQLite, which locks the data directory. */
const BY_SQLITE_CODE: Readonly<Record<number, string>> = {
  8: "it may only be read, by its mode or its file system",
  10: "its disk does not work, or is full",
  13: "its file system is full",
  14: "this account may not read and write it",
  26: "lock.db in it is damaged; remove that file",
};

/**
 * Why a file or directory cannot be used, in a few words for an operator.
 *
 * @param error what the file system or SQLite threw; of any other error the beginning of its message.
 */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const known =
    "errcode" in error && typeof error.errcode === "number"
      ? BY_SQLITE_CODE[error.errcode & 0xff]
      : BY_CODE["code" in error ? String(error.code) : ""];
  return known ?? error.message.slice(0, 120);
}
