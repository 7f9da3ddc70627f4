import type { License } from "./license.ts";

/** What a license is for, as people call it: "base enterprise", "gpu", "base standard to enterprise". */
export function describeItem({
  item,
  edition,
  fromEdition,
}: Pick<License, "item" | "edition"> & Partial<Pick<License, "fromEdition">>): string {
  const upgrade = fromEdition === undefined ? [] : [fromEdition, "to"];
  return [item, ...upgrade, edition].filter((word) => word !== undefined).join(" ");
}
