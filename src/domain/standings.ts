/** How everything stands that a decision looks at, at one instant. */
import type { ItemStanding, MeterReading } from "./evaluation.ts";
import type { Usage } from "./facts.ts";
import { readMeter } from "./meters.ts";
import type { NoLicensePhase } from "./no-license.ts";
import type { ProductVersion } from "./product-version.ts";
import type { EditionTerm, Profile } from "./profile.ts";
import { editionTermOf } from "./profile.ts";
import { isHeard } from "./standing.ts";

/** What does not change from instant to instant. */
export interface Scene {
  readonly profile: Profile;
  /** `undefined`: not known. */
  readonly version: ProductVersion | undefined;
  readonly usage: Usage;
  /** Meters in which anything counts, others' excess included: no other can be over. */
  readonly metersInUse: ReadonlySet<string>;
}

/** Where {@link Standings} come from. */
export interface StandingsSource {
  readonly standingOf: (item: string) => ItemStanding;
  /** How the no-license state speaks for an item; `undefined`: it does not. */
  readonly noLicenseOf: (item: string) => NoLicensePhase | undefined;
  readonly isLocked: boolean;
}

/** A base item: who speaks for it, and whether its rights run. */
export interface BaseVoice {
  readonly by: "LICENSE" | "NO_LICENSE" | "NONE";
  /** "LOST": with the USB key of its license. */
  readonly phase: "RUNNING" | "LOST" | "ENDED" | "PENDING" | "NONE";
  readonly edition: string | undefined;
  /** Of a license that has started. */
  readonly term: EditionTerm | undefined;
}

/** Whether the rights of a base ran and no longer do: its license is over, or lost with its key. */
export function isEndedVoice({ phase }: Pick<BaseVoice, "phase">): boolean {
  return phase === "ENDED" || phase === "LOST";
}

/** How everything stands at one instant; meters are read when they are asked for, each once. */
export class Standings implements StandingsSource {
  readonly standingOf: (item: string) => ItemStanding;
  readonly noLicenseOf: (item: string) => NoLicensePhase | undefined;
  readonly isLocked: boolean;
  readonly #scene: Scene;
  readonly #voices = new Map<string, BaseVoice>();
  readonly #meters = new Map<string, MeterReading>();

  constructor(scene: Scene, { standingOf, noLicenseOf, isLocked }: StandingsSource) {
    this.#scene = scene;
    this.standingOf = standingOf;
    this.noLicenseOf = noLicenseOf;
    this.isLocked = isLocked;
  }

  /** Who speaks for a base item. */
  voiceOf(base: string): BaseVoice {
    const known = this.#voices.get(base);
    if (known !== undefined) return known;
    const voice = this.#findVoice(base);
    this.#voices.set(base, voice);
    return voice;
  }

  /** The reading of one meter of the profile. */
  meter(key: string): MeterReading {
    const known = this.#meters.get(key);
    if (known !== undefined) return known;
    const reading = readMeter(this.#scene, key, this);
    this.#meters.set(key, reading);
    return reading;
  }

  #findVoice(base: string): BaseVoice {
    const { profile } = this.#scene;
    const { situation, license, edition } = this.standingOf(base);
    if (license !== undefined && isHeard({ situation })) {
      const term = editionTermOf(profile, license, edition);
      return { by: "LICENSE", phase: HEARD_PHASES[situation], edition, term };
    }
    const phase = this.noLicenseOf(base);
    if (phase === undefined) return SILENT;
    const free = profile.noLicense.bases.get(base)?.edition;
    return { by: "NO_LICENSE", phase: PHASES[phase], edition: free, term: undefined };
  }
}

const SILENT: BaseVoice = { by: "NONE", phase: "NONE", edition: undefined, term: undefined };
const HEARD_PHASES = {
  RUNNING: "RUNNING",
  USB_KEY_LOST: "LOST",
  EXPIRED: "ENDED",
  PENDING: "PENDING",
  NOT_LICENSED: "NONE",
} as const;
const PHASES = { IN_FORCE: "RUNNING", OVER: "ENDED", PENDING: "PENDING" } as const;
