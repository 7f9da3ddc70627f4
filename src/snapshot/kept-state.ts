/**
 * The form of the file by which a node knows its licenses while neither server nor database runs (ZL-6). It
 * holds signed bytes and signed rows, believed only once verified: an edited file gives nothing that an
 * edited database would not give.
 */
import { z } from "zod";
import type { Instant } from "../domain/license.ts";
import { NO_USAGE, type StoredState } from "../store/types.ts";

/** Name of the file in the data directory. */
export const KEPT_STATE_FILE = "license-state.json";

/** Most bytes of the file, for its writer and its reader: some 8,000 licenses of the usual size. */
export const MAX_KEPT_STATE_BYTES = 16 * 1024 * 1024;

/** What the file holds. */
export interface KeptState {
  /** By the clock of the node that wrote it. */
  readonly writtenAt: Instant;
  /** Name of the product profile that ran. */
  readonly profile: string;
  /** As it was configured; `undefined`: not known. */
  readonly productVersion: string | undefined;
  /** The rows as the database had them. */
  readonly stored: StoredState;
}

/** Why a text is no kept state: it is damaged, or a newer program wrote it. */
export type KeptStateFault = "damaged" | "newer";

/** Version 1 had no re-acquisitions, version 2 no USB keys. */
const FORMAT_VERSION = 3;
const WITH_USB_KEYS = 3;

/** The text of the file. */
export function keptStateText({ writtenAt, profile, productVersion, stored }: KeptState): string {
  const { revision, revisionId, platform, licenses, reacquisitions, restores, putOffs, usbState } = stored;
  const document = {
    formatVersion: FORMAT_VERSION,
    writtenAt,
    profile,
    productVersion,
    revision,
    revisionId,
    platform,
    licenses,
    reacquisitions,
    restores,
    putOffs,
    usbState,
  };
  return `${JSON.stringify(document, (_, value) => (typeof value === "bigint" ? `${value}` : value))}\n`;
}

/** Reads the text of the file. Never throws, whatever the text. */
export function parseKeptState(text: string): KeptState | { readonly fault: KeptStateFault } {
  const document = parseJson(text);
  const version = versionSchema.safeParse(document);
  if (version.success && version.data.formatVersion > FORMAT_VERSION) return { fault: "newer" };
  const parsed = schema.safeParse(document);
  if (!parsed.success) return { fault: "damaged" };
  const { writtenAt, profile, productVersion, formatVersion: _, ...stored } = parsed.data;
  // Usage is not kept: it would be as old as the last change of licenses.
  const usbState = parsed.data.formatVersion < WITH_USB_KEYS ? null : stored.usbState;
  return { writtenAt, profile, productVersion, stored: { ...stored, usbState, usage: NO_USAGE } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** 64-bit counts stand as text: JSON has no numbers for them. */
const count = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);

/** What a Date can hold, in ms. */
const instant = z.int().min(-8.64e15).max(8.64e15);

const place = z.strictObject({ epoch: count, revision: count });

const versionSchema = z.object({ formatVersion: z.int() });

const schema = z.strictObject({
  formatVersion: z.union([z.literal(1), z.literal(2), z.literal(FORMAT_VERSION)]),
  writtenAt: instant,
  profile: z.string(),
  productVersion: z
    .string()
    .optional()
    .transform((text) => text),
  revision: z.strictObject({ storeId: z.string(), epoch: count, revision: count }),
  revisionId: z.string(),
  platform: z.strictObject({
    thumbprint: z.string(),
    publicKey: z.string(),
    profile: z.string(),
    firstStartAt: instant,
    firstStartJws: z.string(),
    primaryNodeId: z.string(),
  }),
  licenses: z.array(
    z.strictObject({
      id: z.string(),
      signedBytes: z.string(),
      uploadSequence: z.int(),
      sequenceJws: z.string(),
      uploadedAt: instant,
      uploadedByNodeId: z.string(),
    }),
  ),
  reacquisitions: z
    .array(z.strictObject({ id: z.string(), reacquiredAt: instant, revision: count, rowJws: z.string() }))
    .default([]),
  restores: z.array(z.strictObject({ epoch: count, raisedAt: instant, found: place, seen: place })),
  // An older program wrote none.
  putOffs: z.array(z.strictObject({ kind: z.string(), subject: z.string(), putOffAt: instant })).default([]),
  usbState: z
    .string()
    .optional()
    .transform((text) => text),
});
