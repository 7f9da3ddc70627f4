/** What licenses decide, found the slow and sure way: by trying every set of them (EV-5). */
import { decide } from "../../src/domain/decision.ts";
import type { CapabilityDecision, Outcome } from "../../src/domain/evaluation.ts";
import type { InstalledLicense } from "../../src/domain/license.ts";
import type { CapabilityDefinition } from "../../src/domain/profile.ts";
import { Scope } from "../../src/domain/scope.ts";
import { Standings } from "../../src/domain/standings.ts";
import type { Question } from "./properties.ts";

/** Sets of a platform's licenses, each with what it would decide alone. */
export class Alone {
  readonly #question: Question;
  readonly #full: Standings;
  readonly #known = new Map<string, { readonly scope: Scope; readonly standings: Standings }>();

  constructor(question: Question) {
    this.#question = question;
    this.#full = new Scope(question.profile, question.platform).standingsAt(question.at);
  }

  /** The no-license state speaks for something that has to do with the capability. */
  isFreeSpeaking({ key, base }: CapabilityDefinition): boolean {
    const { profile } = this.#question;
    const items = [
      ...(base === undefined ? profile.bases.keys() : [base]),
      ...(profile.givers.get(key) ?? []),
    ];
    return items.some((item) => this.#full.noLicenseOf(item) !== undefined);
  }

  /** What a set decides: with the no-license state as far as it speaks beside all licenses, or without it. */
  outcomeOf(
    set: readonly InstalledLicense[],
    definition: CapabilityDefinition,
    isWithFree: boolean,
  ): Outcome {
    const { scope, standings } = this.#standingsOf(set, isWithFree);
    return decide(scope.scene, definition, standings);
  }

  #standingsOf(set: readonly InstalledLicense[], isWithFree: boolean) {
    const name = `${set.map(({ id }) => id).join(" ")} ${isWithFree}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { profile, platform, at } = this.#question;
    const scope = new Scope(profile, { ...platform, licenses: set });
    const { standingOf, isLocked } = scope.standingsAt(at);
    const noLicenseOf = isWithFree ? this.#full.noLicenseOf : () => undefined;
    const entry = { scope, standings: new Standings(scope.scene, { standingOf, noLicenseOf, isLocked }) };
    this.#known.set(name, entry);
    return entry;
  }
}

/** Every set of licenses, the smallest first; of equal size those with the highest upload sequences first. */
export function subsetsOf(licenses: readonly InstalledLicense[]): readonly (readonly InstalledLicense[])[] {
  const descending = licenses.toSorted((a, b) => b.uploadSequence - a.uploadSequence);
  let sets: (readonly InstalledLicense[])[] = [[]];
  for (const license of descending) sets = [...sets, ...sets.map((set) => [...set, license])];
  return sets.sort((a, b) => a.length - b.length || compareSets(a, b));
}

function compareSets(a: readonly InstalledLicense[], b: readonly InstalledLicense[]): number {
  const index = a.findIndex((license, i) => license !== b[i]);
  return (b[index]?.uploadSequence ?? 0) - (a[index]?.uploadSequence ?? 0);
}

/** Same state and reason. */
export function decidesAs(a: Outcome, b: Pick<CapabilityDecision, "state" | "reason">): boolean {
  return a.state === b.state && a.reason === b.reason;
}
