/** The shape of a profile file. Errors name the path in the file and what was expected. */
import { z } from "zod";
import {
  CAPABILITY_REASONS,
  CAPABILITY_STATES,
  ENTRY_VISIBILITIES,
  OPERATION_CLASSES,
} from "../domain/evaluation.ts";
import { TERMS } from "../domain/license.ts";
import { SITUATIONS } from "../domain/profile.ts";

const name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected lower-case words joined by hyphens");
const title = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const names = z.array(name);
const quotas = z.record(name, z.int().nonnegative());

const editionTerm = z.strictObject({
  includes: names,
  requiredUnits: names.default([]),
  unlimitedModules: z.boolean().default(false),
  hasService: z.boolean(),
  trial: z.strictObject({ quotas, days: z.int().positive() }).optional(),
});

const outcome = z.strictObject({
  state: z.enum(CAPABILITY_STATES),
  reason: z.enum(CAPABILITY_REASONS),
  operations: z.array(z.enum(OPERATION_CLASSES)),
  entry: z.enum(ENTRY_VISIBILITIES),
});

/** A profile file. */
export const profileSchema = z.strictObject({
  name,
  title,
  merge: z.literal("replacement"),
  usbKeys: z.boolean(),
  baseUnits: names.min(1),
  noLicense: z.strictObject({
    edition: name,
    title,
    capabilities: names,
    quotas: quotas.default({}),
    days: z.int().positive().optional(),
  }),
  editions: z.record(name, z.strictObject({ title, terms: z.partialRecord(z.enum(TERMS), editionTerm) })),
  items: z.record(
    name,
    z.strictObject({
      title,
      kind: z.enum(["module", "service"]),
      terms: z.array(z.enum(TERMS)).min(1),
      gives: names.default([]),
      units: names.default([]),
      requiredUnits: names.default([]),
      alternatives: names.default([]),
    }),
  ),
  capabilities: z.record(
    name,
    z.strictObject({
      domain: z.enum(["compute", "storage", "network", "platform"]),
      title,
      description: z.string().min(1),
      meters: z.array(z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'expected "<item>/<unit>"')).default([]),
    }),
  ),
  table: z.record(z.enum(SITUATIONS), outcome),
});

/** A profile file as parsed. */
export type ProfileFile = z.output<typeof profileSchema>;
