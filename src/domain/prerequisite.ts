/** What a module needs beside itself: an edition of a base, other items (US-FE-2). */
import { isInVersions } from "./product-version.ts";
import type { Prerequisite } from "./profile.ts";
import { isEndedVoice, type Scene, type Standings } from "./standings.ts";

/** Why a prerequisite is not met. */
export type Unmet = "PREREQUISITE_NOT_MET" | "VERSION_UNKNOWN";

/** Why the item's prerequisite is not met; `undefined`: it is, or there is none. */
export function unmetPrerequisite(scene: Scene, item: string, standings: Standings): Unmet | undefined {
  const prerequisite = scene.profile.items.get(item)?.prerequisite;
  if (prerequisite === undefined) return undefined;
  for (const other of prerequisite.items) {
    if (!isItemRunning(other, standings)) return "PREREQUISITE_NOT_MET";
    const unmet = unmetPrerequisite(scene, other, standings);
    if (unmet !== undefined) return unmet;
  }
  return unmetEdition(scene, prerequisite, standings);
}

/** Whether an item's rights run, by a license or by the no-license state. */
export function isItemRunning(item: string, standings: Standings): boolean {
  return standings.standingOf(item).situation === "RUNNING" || standings.noLicenseOf(item) === "IN_FORCE";
}

/** A base that ended, or whose USB key is lost, serves only where none runs. */
function unmetEdition(scene: Scene, prerequisite: Prerequisite, standings: Standings): Unmet | undefined {
  if (prerequisite.bases.length === 0) return undefined;
  const voices = prerequisite.bases.map((base) => standings.voiceOf(base));
  const running = voices.filter(({ phase }) => phase === "RUNNING");
  const serving = running.length > 0 ? running : voices.filter(isEndedVoice);
  const editions = serving.map(({ edition }) => edition).filter((edition) => edition !== undefined);
  const enough = sufficientEditions(prerequisite, scene.version);
  if (editions.some((edition) => enough.includes(edition))) return undefined;
  const isEnoughSomewhere = (edition: string) =>
    prerequisite.versions.some((versions) => versions.editions.includes(edition));
  return scene.version === undefined && editions.some(isEnoughSomewhere)
    ? "VERSION_UNKNOWN"
    : "PREREQUISITE_NOT_MET";
}

/** Editions that are enough in a version; in one that is not known those that are enough in every version. */
export function sufficientEditions(
  { editions, versions }: Pick<Prerequisite, "editions" | "versions">,
  version: Scene["version"],
): readonly string[] {
  if (version === undefined) return editions;
  return [
    ...editions,
    ...versions.filter((range) => isInVersions(version, range)).flatMap((range) => range.editions),
  ];
}
