/** Everything that an evaluation looks at, with what holds at an instant worked out once. */
import { amountsInUse, type Choice, type ChoiceFacts, choicesOf, upgradeChoicesOf } from "./choices.ts";
import type { PlatformInput } from "./facts.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import { type LockSpan, lockAt, lockBoundaries, locksOf } from "./lock.ts";
import { metersInUse } from "./meters.ts";
import { noLicenseBoundaries, noLicenseOf, noLicensePhaseAt } from "./no-license.ts";
import { parseProductVersion } from "./product-version.ts";
import type { Profile } from "./profile.ts";
import { isSameFace } from "./standing.ts";
import { type Scene, Standings } from "./standings.ts";
import { ascending, groupByItem, ItemTimeline } from "./timeline.ts";

/** A platform, ready to be asked for any instant. */
export class Scope {
  readonly scene: Scene;
  readonly reacquiredAt: readonly Instant[];
  /** Every lock of any time, ascending. */
  readonly locks: readonly LockSpan[];
  /** Every license, ascending by upload sequence. */
  readonly licenses: readonly InstalledLicense[];
  readonly #platform: PlatformInput;
  readonly #timelines = new Map<string, ItemTimeline>();
  readonly #standings = new Map<Instant, Standings>();
  /** By span and by what is looked for. */
  readonly #choices = new Map<ItemTimeline, (readonly (readonly Choice[])[] | undefined)[]>();
  readonly #turns = new Map<string, readonly Instant[]>();
  /** By the very list: that of a profile's index is one for all capabilities that look at the same. */
  readonly #turnsOfItems = new Map<readonly string[], readonly Instant[]>();
  readonly #amounts = new Map<string, ReadonlyMap<string, readonly bigint[]>>();
  /** Instants that matter to every item: those of the no-license state and of locks. */
  readonly #shared: readonly Instant[];

  constructor(profile: Profile, platform: PlatformInput) {
    const { facts, usage } = platform;
    this.#platform = platform;
    const version = parseProductVersion(facts.productVersion);
    this.scene = { profile, version, usage, metersInUse: metersInUse(profile, usage) };
    this.reacquiredAt = facts.reacquiredAt;
    const byItem = groupByItem(platform.licenses);
    for (const [item, licenses] of byItem) {
      this.#timelines.set(item, new ItemTimeline(profile.merge, item, licenses));
    }
    this.licenses = [...byItem.values()].flat().sort((a, b) => a.uploadSequence - b.uploadSequence);
    this.locks = locksOf(profile, byItem, facts.reacquiredAt);
    this.#shared = [...noLicenseBoundaries(profile.noLicense, facts), ...lockBoundaries(this.locks)];
  }

  /** The licenses of an item over time. */
  timelineOf(item: string): ItemTimeline {
    const known = this.#timelines.get(item);
    if (known !== undefined) return known;
    const timeline = new ItemTimeline(this.scene.profile.merge, item, []);
    this.#timelines.set(item, timeline);
    return timeline;
  }

  /** How everything stands at an instant. */
  standingsAt(at: Instant): Standings {
    const known = this.#standings.get(at);
    if (known !== undefined) return known;
    const standings = this.#createStandings(at);
    this.#standings.set(at, standings);
    return standings;
  }

  /** The first instant after another at which something may change; `undefined`: there is none. */
  boundaryAfter(instant: Instant): Instant | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const shared of this.#shared) if (shared > instant && shared < first) first = shared;
    for (const timeline of this.#timelines.values()) {
      first = Math.min(first, timeline.boundaryAfter(instant) ?? first);
    }
    return Number.isFinite(first) ? first : undefined;
  }

  /** Whether anything about these items, the no-license state or a lock may change at an instant. */
  isBoundaryOf(items: readonly string[], instant: Instant): boolean {
    return this.#shared.includes(instant) || items.some((item) => this.timelineOf(item).isBoundary(instant));
  }

  /** Instants at which a decision that looks at these items may change, ascending. */
  turnsOf(items: readonly string[]): readonly Instant[] {
    const known = this.#turnsOfItems.get(items);
    if (known !== undefined) return known;
    const turns = ascending([...this.#shared, ...items.flatMap((item) => this.#turnsOfItem(item))]);
    this.#turnsOfItems.set(items, turns);
    return turns;
  }

  /** Sets of an item's licenses that may decide, the empty one first in each list. */
  choicesOf(
    item: string,
    looks: Pick<ChoiceFacts, "isLocked" | "isRunningOnly">,
    at: Instant,
  ): readonly (readonly Choice[])[] {
    const timeline = this.timelineOf(item);
    const known = this.#choicesOfTimeline(timeline);
    const place = timeline.spanAt(at) * 4 + Number(looks.isLocked) * 2 + Number(looks.isRunningOnly);
    const choices = known[place] ?? this.#workOutChoices(timeline, item, looks, at);
    known[place] = choices;
    return choices;
  }

  #choicesOfTimeline(timeline: ItemTimeline): (readonly (readonly Choice[])[] | undefined)[] {
    const known = this.#choices.get(timeline) ?? [];
    this.#choices.set(timeline, known);
    return known;
  }

  #workOutChoices(
    { licenses }: ItemTimeline,
    item: string,
    looks: Pick<ChoiceFacts, "isLocked" | "isRunningOnly">,
    at: Instant,
  ): readonly (readonly Choice[])[] {
    const facts = { ...looks, merge: this.scene.profile.merge, amountsInUse: this.#amountsInUse(item) };
    const lists = [choicesOf(licenses, facts, at), upgradeChoicesOf(licenses, at)];
    return lists.filter(({ length }) => length > 0).map((list) => [[], ...list]);
  }

  #turnsOfItem(item: string): readonly Instant[] {
    const known = this.#turns.get(item);
    if (known !== undefined) return known;
    const amounts = this.#amountsInUse(item);
    const isExact = (this.scene.profile.items.get(item)?.overflow.size ?? 0) > 0;
    const turns = this.timelineOf(item).turns((a, b) => isSameFace(a, b, amounts, isExact));
    this.#turns.set(item, turns);
    return turns;
  }

  #amountsInUse(item: string): ReadonlyMap<string, readonly bigint[]> {
    const known = this.#amounts.get(item);
    if (known !== undefined) return known;
    const amounts = amountsInUse(this.scene, item, (other) => this.timelineOf(other).licenses);
    this.#amounts.set(item, amounts);
    return amounts;
  }

  #createStandings(at: Instant): Standings {
    const { profile } = this.scene;
    const phase = noLicensePhaseAt(profile.noLicense, this.#platform.facts, at);
    const standingOf = (item: string) => this.timelineOf(item).standingAt(at);
    return new Standings(this.scene, {
      standingOf,
      noLicenseOf: (item) => noLicenseOf(profile, phase, standingOf, item),
      isLocked: lockAt(this.locks, at) !== undefined,
    });
  }
}
