import { admitPackage } from "../domain/admit.ts";
import { runsAt } from "../domain/license.ts";
import type { RefusalReason } from "../domain/refusal.ts";
import { keysOf } from "../domain/usb/taken.ts";
import type { UsbKeyName } from "../domain/usb/usb-facts.ts";
import { NO_USB_STATE } from "../domain/usb/usb-state.ts";
import type { ServiceError } from "../errors.ts";
import { type PackageReading, readPackage } from "../license-file/read-package.ts";
import { signUsbState } from "../platform/usb-rows.ts";
import type { Revision } from "../store/types.ts";
import type { UsbReading } from "../store/usb.ts";
import { type Consequences, consequencesOf } from "./consequences.ts";
import { insertedKeys } from "./inserted-keys.ts";
import { changeLicenses, type LicensingContext, type Locked } from "./licensing-context.ts";
import {
  type InstalledFile,
  installedBeside,
  type PackagePlan,
  type PlannedKeys,
  planPackage,
  stateAfter,
} from "./plan-package.ts";
import { refused } from "./refused.ts";
import { writePlan } from "./write-plan.ts";

/** What an upload came to, or would come to. */
export interface Installed {
  /** The revision from which on it counts; of a dry run that of now. */
  readonly revision: Revision;
  /** In the order of application (LI-2). */
  readonly files: readonly InstalledFile[];
  /** Ids of licenses that ran before, and left because new ones came for their USB key (UK-ID-3), ascending. */
  readonly displacedIds: readonly string[];
  readonly consequences: Consequences;
}

/** Reasons that look at the package as a whole: with a broken file left out they could be wrong. */
const WHOLE_PACKAGE: readonly RefusalReason[] = ["EDITION_CONFLICT", "UPGRADE_MISMATCH", "BASE_MISSING"];

/** Reasons that nobody knows while the database is away. */
const ABOUT_PORTS: readonly RefusalReason[] = ["USB_KEY_NOT_INSERTED", "USB_KEY_MISMATCH"];

/**
 * Installs a package, all or nothing (ZC-AM-2); what is installed already changes nothing (LI-2). New licenses
 * for a USB key replace those that the key had (UK-ID-3). A dry run judges and answers the same, and leaves out
 * the writing at the very end.
 *
 * @throws ServiceError with the deciding reason of LI-8, or DATABASE_UNAVAILABLE
 */
export async function installPackage(
  context: LicensingContext,
  packageBytes: Uint8Array,
  isDryRun: boolean,
): Promise<Installed> {
  const { trust, expected, limits } = context;
  const reading = await readPackage(packageBytes, trust, expected, limits);
  if (reading.refusals.length > 0) throw await brokenPackage(context, reading);
  const { result, revision } = await changeLicenses(context, async (locked) => {
    const keys = await keysFor(context, reading, locked);
    const plan = planPackage(context, locked, reading.files, keys);
    if ("refusals" in plan) throw refused(plan.refusals);
    if (!isDryRun) await write(context, locked, plan, reading, keys);
    const { state, at } = locked;
    const consequences = consequencesOf(state.profile, state, stateAfter(state, plan, at), at);
    return { files: plan.files, displacedIds: displacedIds(locked, plan), consequences };
  });
  return { ...result, revision };
}

function displacedIds({ state, at }: Locked, { replacedIds }: PackagePlan): readonly string[] {
  const left = state.licenses.filter((license) => replacedIds.includes(license.id) && runsAt(license, at));
  return left.map(({ id }) => id).sort();
}

/** Every reason: those of the bytes first, then those of the files that could be read (LI-8). */
async function brokenPackage(context: LicensingContext, reading: PackageReading): Promise<ServiceError> {
  const { hub, clock, store, platformKey } = context;
  const { state } = hub.current();
  // What the bytes are is said also while the database is away.
  const usb = hasKeyFiles(reading) ? await store.readUsb().catch(() => undefined) : undefined;
  const insertedUsbKeys = await inserted(usb, platformKey.publicKeyX);
  const beside = installedBeside(state, reading.files);
  const admission = admitPackage(state.profile, beside, reading.files, { insertedUsbKeys }, clock.now());
  const unknown = usb === undefined ? [...WHOLE_PACKAGE, ...ABOUT_PORTS] : WHOLE_PACKAGE;
  const others = admission.admitted ? [] : admission.refusals;
  return refused([...reading.refusals, ...others.filter(({ reason }) => !unknown.includes(reason))]);
}

/** The USB keys, where the package has a license for one. A history that does not verify is lost (EV-8). */
async function keysFor(
  { platformKey }: LicensingContext,
  reading: PackageReading,
  { tx, state }: Locked,
): Promise<PlannedKeys> {
  if (!hasKeyFiles(reading)) return { usb: state.usb ?? NO_USB_STATE, inserted: [] };
  const usb = await tx.usb();
  return {
    usb: state.usb ?? { ...NO_USB_STATE, historyLostAt: usb.databaseNow },
    inserted: await inserted(usb, platformKey.publicKeyX),
  };
}

function hasKeyFiles({ files }: PackageReading): boolean {
  return keysOf(files.map(({ license }) => license)).length > 0;
}

async function inserted(usb: UsbReading | undefined, publicKeyX: string): Promise<readonly UsbKeyName[]> {
  return usb === undefined ? [] : insertedKeys(usb, publicKeyX);
}

async function write(
  context: LicensingContext,
  locked: Locked,
  plan: PackagePlan,
  { files }: PackageReading,
  { usb }: PlannedKeys,
): Promise<void> {
  const { tx } = locked;
  await writePlan(context, locked, plan, files);
  if (plan.usb === usb) return;
  await tx.setUsbState(await signUsbState(context.platformKey, plan.usb, tx.nextRevision.revision));
}
