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

const name = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected lower-case words and numbers joined by hyphens")
  .max(64, "expected at most 64 characters");
const title = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const names = z.array(name).default([]);
const meter = z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'expected a meter, "<item>/<unit>"');
const term = z.enum(TERMS);
const days = z.int().min(1).max(36_500);
const amount = z.int().nonnegative();
const quotas = z.record(name, amount);
/** A version of the product; which of two is the later one is for the domain to say. */
const version = z.string().regex(/^E\d{4}(P\d{2})?$/, 'expected a version like "E0730" or "E0730P06"');

const editionTerm = z.strictObject({
  /** Beside those that the edition includes on every term. */
  includes: names,
  requiredUnits: names,
  unlimitedModules: z.boolean().default(false),
  hasService: z.boolean(),
  trial: z.strictObject({ quotas, days }).optional(),
});

const edition = z.strictObject({
  title,
  /** What it includes on every term. */
  includes: names,
  terms: z.partialRecord(term, editionTerm),
});

const base = z.strictObject({
  title,
  architecture: name.optional(),
  units: z.array(name).min(1),
  editions: z.record(name, edition),
  upgrades: z.record(name, z.array(name).min(1)).default({}),
});

const prerequisite = z.strictObject({
  bases: names,
  editions: names,
  versions: z
    .array(z.strictObject({ from: version, before: version.optional(), editions: z.array(name).min(1) }))
    .default([]),
  items: names,
});

const item = z.strictObject({
  title,
  kind: z.enum(["module", "service"]),
  terms: z.array(term).min(1),
  gives: names,
  units: names,
  requiredUnits: names,
  packSizes: z.array(z.int().positive()).default([]),
  alternatives: names,
  overflow: z.record(name, meter).default({}),
  prerequisite: prerequisite.optional(),
});

const capability = z.strictObject({
  domain: z.enum(["compute", "storage", "network", "platform"]),
  title,
  description: z.string().min(1),
  meters: z.array(meter).default([]),
  base: name.optional(),
});

const noLicense = z.strictObject({
  title,
  days: days.optional(),
  items: names,
  bases: z.record(name, z.strictObject({ edition: name, capabilities: names, quotas: quotas.default({}) })),
});

const outcome = z.strictObject({
  state: z.enum(CAPABILITY_STATES),
  reason: z.enum(CAPABILITY_REASONS),
  operations: z.array(z.enum(OPERATION_CLASSES)),
  entry: z.enum(ENTRY_VISIBILITIES),
});

/** A table of what stops and what goes on: a row for every situation. */
export const tableSchema = z.record(z.enum(SITUATIONS), outcome);

/** A profile file. */
export const profileSchema = z.strictObject({
  name,
  title,
  merge: z.enum(["replacement", "sum"]),
  locks: z.boolean().default(false),
  modulesNeedBase: z.boolean(),
  deletableTerms: z.array(term),
  usbKeys: z.boolean(),
  usbKeysWithoutProof: z.boolean().default(false),
  reminders: z.strictObject({ licenseDays: days, serviceDays: days }),
  noLicense,
  bases: z.record(name, base),
  items: z.record(name, item).default({}),
  capabilities: z.record(name, capability),
  solutions: z.record(name, z.strictObject({ title, items: z.record(name, z.array(name)) })).default({}),
  /** Rows that differ from those of rules section 7. */
  table: z.partialRecord(z.enum(SITUATIONS), outcome).default({}),
});

/** A profile file as parsed, defaults filled in. */
export type ProfileFile = z.output<typeof profileSchema>;

/** A whole table as parsed. */
export type TableFile = z.output<typeof tableSchema>;
