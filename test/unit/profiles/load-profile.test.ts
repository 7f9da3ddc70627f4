import { readFileSync } from "node:fs";
import test from "ava";
import { WAYS_BACK } from "../../../src/domain/evaluation.ts";
import { loadProfile, PROFILE_NAMES, parseProfile } from "../../../src/profiles/load-profile.ts";

const TEXT = readFileSync(new URL("../../../src/domain/profiles/zstack-cloud.json", import.meta.url), "utf8");

/** The shipped file with one thing changed. */
function changed(change: (file: Record<string, never>) => void): string {
  const file = JSON.parse(TEXT);
  change(file);
  return JSON.stringify(file);
}

test("every profile that ships loads under its own name", (t) => {
  for (const name of PROFILE_NAMES) t.is(loadProfile(name).name, name);
});

test("a profile that does not ship is refused by name", (t) => {
  t.throws(() => loadProfile("../secrets"), { message: /unknown profile.*zstack-cloud/ });
});

test("ZC-PL-1: ZStack Cloud sells twenty items", (t) => {
  t.is(loadProfile("zstack-cloud").items.size, 20);
});

test("NS-1: no row of a profile's table may block a way back", (t) => {
  for (const way of WAYS_BACK) {
    const text = changed(({ table }: Record<string, Record<string, { operations: string[] }>>) => {
      const row = table?.["MODULE_ENDED"];
      if (row) row.operations = row.operations.filter((operation) => operation !== way);
    });
    t.throws(() => parseProfile("own.json", text), {
      message: /own\.json: table\.MODULE_ENDED\.operations: expected/,
    });
  }
});

test("a profile error names file, path and what was expected", (t) => {
  const wrongType = changed((file: Record<string, unknown>) => Object.assign(file, { usbKeys: "yes" }));
  t.throws(() => parseProfile("own.json", wrongType), { message: /own\.json[\s\S]*boolean[\s\S]*usbKeys/ });
});

test("a profile that includes a capability it does not describe is refused", (t) => {
  const text = changed((file: Record<string, unknown>) => {
    Object.assign(file["noLicense"] as object, { capabilities: ["compute", "flight"] });
  });
  t.throws(() => parseProfile("own.json", text), { message: /noLicense\.capabilities: .*"flight"/ });
});

test("a profile with a meter that no item has is refused", (t) => {
  const text = changed((file: Record<string, unknown>) => {
    const capabilities = file["capabilities"] as Record<string, { meters?: string[] }>;
    Object.assign(capabilities["gpu"] ?? {}, { meters: ["gpu/cards"] });
  });
  t.throws(() => parseProfile("own.json", text), { message: /capabilities\.gpu\.meters.*"gpu\/cards"/ });
});

test("a profile with an unknown field is refused", (t) => {
  const text = changed((file: Record<string, unknown>) => Object.assign(file, { discount: 10 }));
  t.throws(() => parseProfile("own.json", text), { message: /discount/ });
});
