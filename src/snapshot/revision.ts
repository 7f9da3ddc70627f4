import type { Revision } from "../store/types.ts";

/** Whether two revisions are of one store and epoch, and so can be compared by number. */
export function isSameLine(a: Revision, b: Revision): boolean {
  return a.storeId === b.storeId && a.epoch === b.epoch;
}

/** Whether two revisions name one committed state. */
export function isSameRevision(a: Revision, b: Revision): boolean {
  return isSameLine(a, b) && a.revision === b.revision;
}
