import type { InstalledLicense, Instant } from "./license.ts";
import type { UsbFacts } from "./usb/usb-facts.ts";

/** What the platform knows of itself beside its licenses (EV-1). */
export interface PlatformFacts {
  /** First start of the platform; `undefined`: its signed row does not verify, so that every trial counts as over (EV-8). */
  readonly firstStartAt: Instant | undefined;
  /** Product version as configured; `undefined`: not known. */
  readonly productVersion: string | undefined;
  /** Instants at which the licenses were re-acquired, as far as their rows verify (US-TE-6), in any order. */
  readonly reacquiredAt: readonly Instant[];
  /** What USB keys give. Absent: no key ever gave rights. */
  readonly usb?: UsbFacts | undefined;
}

/** What is in use, by meter key, as reported: before anything is moved to another meter. A meter that is not there: 0. */
export type Usage = ReadonlyMap<string, bigint>;

/** Everything that an evaluation looks at but the profile and the instant. */
export interface PlatformInput {
  /** Installed licenses, completed by `completeLicense`, carried by `carry` as {@link facts} say, in any order. */
  readonly licenses: readonly InstalledLicense[];
  readonly facts: PlatformFacts;
  readonly usage: Usage;
}
