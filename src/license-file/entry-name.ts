/** Which names the entries of a package may have. Nothing is written to disk under them; still, people see them. */

/** Characters that no name needs: invisible, control, line ends, and the backslash of other systems' paths. */
const NOT_IN_NAME = /[\p{C}\p{Zl}\p{Zp}\\]/u;

/** The name as it is shown and compared: without the "./" that tar puts before it and a directory's slash. */
export function shownName(name: string): string {
  return name.replace(/^\.\//, "").replace(/\/$/, "");
}

/**
 * What is against a name (threat 3).
 *
 * @param name as {@link shownName} gives it.
 * @returns words that follow "the name"; `undefined`: nothing.
 */
export function nameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (NOT_IN_NAME.test(name)) return "holds characters that are not allowed";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "is absolute";
  const parts = name.split("/");
  if (parts.includes("..") || parts.includes(".") || parts.includes("")) return "leads somewhere else";
  if (parts.some((part) => part.startsWith("."))) {
    return "is that of a hidden file (on a Mac, pack with COPYFILE_DISABLE=1 set)";
  }
  return undefined;
}

/** Names that some file system takes for one have the same key. */
export function nameKey(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase();
}
