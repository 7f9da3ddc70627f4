/** What a node shows as installed, and as recorded. */
import type { Caller } from "./caller.ts";

/** Ids of all licenses in the records of a node, and the total that it names beside them. */
export interface Recorded {
  readonly ids: ReadonlySet<string>;
  readonly total: number;
}

/** Ids of the licenses that a node shows as installed. */
export async function installedOn(caller: Caller): Promise<Set<string>> {
  const { license, additions } = await caller.call("getLicenseInfo");
  return new Set([license, ...additions].flatMap((one) => one?.id ?? []));
}

/** Reads all pages of the records. */
export async function recordedOn(caller: Caller): Promise<Recorded> {
  const ids = new Set<string>();
  let total = 0;
  let pageToken = "";
  do {
    const page = await caller.call("getLicenseRecords", { limit: 100, replyWithCount: true, pageToken });
    for (const { licenseId } of page.records) ids.add(licenseId);
    total = Number(page.total);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return { ids, total };
}

/** Whether two sets hold the same. */
export function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}
