/** The example of docs/profiles.md is a real profile: it loads, and the rules run on it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { z } from "zod";
import { evaluate } from "../../../src/domain/evaluate.ts";
import type { Usage } from "../../../src/domain/facts.ts";
import type { InstalledLicense } from "../../../src/domain/license.ts";
import { readProfileFile } from "../../../src/profiles/open-profile.ts";
import { profileSchema } from "../../../src/profiles/schema.ts";

const PATH = new URL("../../../docs/examples/acme-desktops.json", import.meta.url);
const PROFILE = readProfileFile(fileURLToPath(PATH)).profile;
const START = Date.UTC(2026, 0, 1);

function license(uploadSequence: number, parts: Partial<InstalledLicense>): InstalledLicense {
  return {
    id: `00000000-0000-4000-8000-00000000000${uploadSequence}`,
    issuer: "ACME",
    jti: String(uploadSequence),
    profile: PROFILE.name,
    item: "base",
    edition: undefined,
    term: "paid",
    fromEdition: undefined,
    binding: { method: "request-code" },
    issuedAt: START,
    startsAt: START,
    endsAt: undefined,
    quotas: new Map(),
    serviceEndsAt: undefined,
    customer: "Customer",
    productName: "",
    contractNumber: "",
    authorizationCode: "",
    uploadedAt: START,
    uploadedByNodeId: "node",
    uploadSequence,
    ...parts,
  };
}

/** State and reason of every capability. */
function outcomes(licenses: readonly InstalledLicense[], usage: Usage = new Map()) {
  const facts = { firstStartAt: START, productVersion: undefined, reacquiredAt: [] };
  const { capabilities, edition } = evaluate(PROFILE, { licenses, facts, usage }, START + 1000);
  const pairs = capabilities.map(({ key, state, reason }) => [key, `${state} ${reason}`]);
  return { edition, ...Object.fromEntries(pairs) };
}

const TEAM = license(1, { edition: "team", quotas: new Map([["vms", 100n]]) });
const BUSINESS = license(1, { edition: "business", quotas: new Map([["vms", 100n]]) });
const GPU = license(2, { item: "gpu-desktops", quotas: new Map([["vms", 10n]]) });

test("without a license the example gives its free edition, five desktops", (t) => {
  t.deepEqual(outcomes([]), {
    edition: "free",
    desktops: "ENABLED GRANTED",
    "session-recording": "DISABLED NOT_LICENSED",
    "gpu-desktops": "DISABLED NOT_LICENSED",
  });
  t.is(outcomes([], new Map([["base/vms", 6n]]))["desktops"], "RESTRICTED OVER_QUOTA");
});

test("the module of the example needs the edition that its prerequisite names", (t) => {
  t.like(outcomes([TEAM, GPU]), { edition: "team", "gpu-desktops": "DISABLED PREREQUISITE_NOT_MET" });
  t.deepEqual(outcomes([BUSINESS, GPU]), {
    edition: "business",
    desktops: "ENABLED GRANTED",
    "session-recording": "ENABLED GRANTED",
    "gpu-desktops": "ENABLED GRANTED",
  });
});

test("docs/profiles.md names every field of a profile file, and shows parts of the example as they are", (t) => {
  const text = readFileSync(new URL("../../../docs/profiles.md", import.meta.url), "utf8");
  const example: unknown = JSON.parse(readFileSync(PATH, "utf8"));
  const shown = [...text.matchAll(/```json\n(?<json>.*?)```/gs)].map(({ groups }) =>
    JSON.parse(`{${groups?.["json"] ?? ""}}`),
  );
  t.true(shown.length > 0);
  for (const part of shown) t.like(example as object, part);
  const fields = fieldsOf(z.toJSONSchema(profileSchema, { io: "input" }));
  t.true(fields.has("packSizes") && fields.has("modulesNeedBase"));
  for (const field of fields) {
    t.true(text.includes(`\`${field}\``) || text.includes(`"${field}":`), `${field} is not explained`);
  }
});

/** Names of all properties in a JSON schema, at any depth. */
function fieldsOf(schema: unknown): ReadonlySet<string> {
  if (typeof schema !== "object" || schema === null) return new Set();
  const found = Object.entries(schema).flatMap(([name, value]) => [
    ...(name === "properties" ? Object.keys(value) : []),
    ...fieldsOf(value),
  ]);
  return new Set(found);
}
