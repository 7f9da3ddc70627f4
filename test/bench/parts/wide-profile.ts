/**
 * Stands in for `src/profiles/load-profile.ts` in a server under test: the zstack-cloud profile with made-up
 * modules, so that a platform has as many capabilities as the numbers to reach are stated for.
 */
import { readFileSync } from "node:fs";
import type { Profile } from "../../../src/domain/profile.ts";
import { parseProfile } from "../../../src/profiles/load-profile.ts";
import type { ProfileFile } from "../../../src/profiles/schema.ts";

export * from "../../../src/profiles/load-profile.ts";

/** Capabilities of the widened profile. */
export const WIDE_CAPABILITIES = 40;

/** Name of the n-th made-up module, and of the capability that it gives. */
export function madeUpModule(n: number): string {
  return `made-up-${n}`;
}

const FILE = new URL("../../../src/domain/profiles/zstack-cloud.json", import.meta.url);

/** The widened profile, whatever the name. */
export function loadProfile(_name: string): Profile {
  const file: ProfileFile = JSON.parse(readFileSync(FILE, "utf8"));
  const missing = WIDE_CAPABILITIES - Object.keys(file.capabilities).length;
  for (let n = 1; n <= missing; n += 1) {
    const name = madeUpModule(n);
    const title = { en: `Made-up module ${n}`, zh: `Made-up module ${n}` };
    Object.assign(file.items, { [name]: { title, kind: "module", terms: ["paid"], gives: [name] } });
    Object.assign(file.capabilities, {
      [name]: { domain: "platform", title, description: "There to be counted.", meters: [] },
    });
  }
  return parseProfile("zstack-cloud.json, widened", JSON.stringify(file));
}
