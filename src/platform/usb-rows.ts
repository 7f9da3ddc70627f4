/** The rows of USB keys: signed texts in, verified values out (EV-8). */
import { z } from "zod";
import { DEVICE_PROBLEMS, type NodeSight, UNAVAILABLE_REASONS } from "../domain/usb/sights.ts";
import { USB_STATUSES } from "../domain/usb/usb-facts.ts";
import type { UsbState } from "../domain/usb/usb-state.ts";
import type { PlatformKey } from "./platform-key.ts";
import { signRow, verifyRow } from "./signed-row.ts";

/** Signs the state of the USB keys. The revision is that of the write's own transaction. */
export function signUsbState(key: PlatformKey, state: UsbState, revision: bigint): Promise<string> {
  return signRow(key, "usb-state", { state: JSON.stringify(state), revision: revision.toString() });
}

/** A state as it was signed. */
export interface SignedUsbState {
  readonly state: UsbState;
  /** The revision that its own write made. */
  readonly revision: bigint;
}

/** Verifies a signed state. `undefined`: it is none of this platform's. Never throws, whatever the text. */
export async function readUsbStateRow(publicKeyX: string, text: string): Promise<SignedUsbState | undefined> {
  const payload = await verifyRow(publicKeyX, "usb-state", text);
  const state = stateSchema.safeParse(parseJson(payload?.["state"]));
  const revision = revisionSchema.safeParse(payload?.["revision"]);
  return state.success && revision.success ? { state: state.data, revision: revision.data } : undefined;
}

/** Signs what a node sees in its ports. */
export function signSight(key: PlatformKey, sight: NodeSight): Promise<string> {
  return signRow(key, "usb-sight", { sight: JSON.stringify(sight) });
}

/** Verifies what a node saw. `undefined`: this node did not say it. Never throws, whatever the text. */
export async function readSightRow(
  publicKeyX: string,
  nodeId: string,
  text: string,
): Promise<NodeSight | undefined> {
  const payload = await verifyRow(publicKeyX, "usb-sight", text);
  const sight = sightSchema.safeParse(parseJson(payload?.["sight"]));
  return sight.success && sight.data.nodeId === nodeId ? sight.data : undefined;
}

function parseJson(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a Date can hold, in ms. */
const instant = z.int().min(-8.64e15).max(8.64e15);
/** JSON leaves out members that are undefined. */
const optionalInstant = instant.optional().transform((value) => value);
const optionalText = z
  .string()
  .optional()
  .transform((value) => value);

const revisionSchema = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);

const stateSchema = z.strictObject({
  status: z
    .enum(USB_STATUSES)
    .optional()
    .transform((value) => value),
  historyLostAt: optionalInstant,
  keys: z.array(
    z.strictObject({
      keyId: z.string(),
      thumbprint: z.string(),
      givesOn: optionalText,
      givesSince: optionalInstant,
      removedAt: optionalInstant,
      bufferEndsAt: optionalInstant,
      isBufferVoid: z.boolean(),
      takenIds: z.array(z.string()),
      replacedIds: z.array(z.string()),
      mark: z.int().min(0),
      aheadAt: optionalInstant,
    }),
  ),
});

const sightSchema = z.strictObject({
  nodeId: z.string(),
  writtenAt: instant,
  scannedAt: optionalInstant,
  unavailable: z
    .enum(UNAVAILABLE_REASONS)
    .optional()
    .transform((value) => value),
  scanRequest: z.int().min(0),
  devices: z.array(
    z.strictObject({
      port: z.string(),
      keyId: z.string(),
      thumbprint: z.string(),
      model: z.string(),
      seenAt: instant,
      arrivedAt: instant,
      provedAt: optionalInstant,
      isProven: z.boolean(),
      hasLicense: z.boolean(),
      mark: z
        .int()
        .min(0)
        .optional()
        .transform((value) => value),
      problem: z
        .enum(DEVICE_PROBLEMS)
        .optional()
        .transform((value) => value),
      licenseReason: optionalText,
    }),
  ),
});
