/** What the licenses of an instant say about a reservation, before the database decides about it. */
import type { CapabilityDecision, Evaluation, MeterReading } from "../domain/evaluation.ts";
import type { Profile } from "../domain/profile.ts";
import type { Allowance, Guard, Overflow } from "../store/quotas.ts";

/** The part of an {@link Allowance} that follows from the licenses alone. */
export interface Judgment extends Omit<Allowance, "mark"> {
  /** The first meter that nothing may be created with, and why; `undefined`: there is none. */
  readonly obstacle: Obstacle | undefined;
}

/** Why nothing may be created with a meter (EV-7). */
export interface Obstacle {
  readonly meter: string;
  /** A capability of the meter; `undefined`: the product has none with it. */
  readonly capability: CapabilityDecision | undefined;
  /** The meter that is over quota, if that is the reason: it may be within its quota again by now. */
  readonly over: MeterReading | undefined;
}

/** Judges a reservation of these meters, all of the profile. */
export function judgeReservation(
  profile: Profile,
  evaluation: Evaluation,
  meters: readonly string[],
): Judgment {
  const overflows = overflowsOf(profile, evaluation);
  const obstacles = meters.flatMap((meter) => obstacleOf(evaluation, meter) ?? []);
  // One that lasts is told before one that a release lifts.
  const obstacle = obstacles.find(({ over }) => over === undefined) ?? obstacles[0];
  return {
    mayCreate: obstacle === undefined,
    obstacle,
    overflows,
    guards: guardsOf(evaluation, meters, overflows),
  };
}

/** Meters whose use beyond a limit moves elsewhere (ZC-PL-4); without a limit nothing is beyond it. */
function overflowsOf(profile: Profile, evaluation: Evaluation): readonly Overflow[] {
  return [...profile.items.values()].flatMap(({ name, overflow }) =>
    [...overflow].flatMap(([unit, target]) => {
      const source = `${name}/${unit}`;
      const limit = limitOf(evaluation, source);
      return limit === undefined ? [] : { source, limit, target };
    }),
  );
}

/** The limits that hold for these meters: of one that overflows, that of the meter that takes the rest. */
function guardsOf(
  evaluation: Evaluation,
  meters: readonly string[],
  overflows: readonly Overflow[],
): readonly Guard[] {
  const guarded = meters.map((meter) => overflows.find(({ source }) => source === meter)?.target ?? meter);
  return [...new Set(guarded)].flatMap((meter) => {
    const limit = limitOf(evaluation, meter);
    return limit === undefined ? [] : { meter, limit };
  });
}

function limitOf({ meters }: Evaluation, key: string): bigint | undefined {
  const reading = meters.find((one) => one.key === key);
  return reading === undefined ? 0n : reading.limit;
}

function obstacleOf(evaluation: Evaluation, meter: string): Obstacle | undefined {
  const metered = evaluation.capabilities.filter(({ meters }) => meters.some(({ key }) => key === meter));
  if (metered.some(({ operations }) => operations.includes("CREATE"))) return undefined;
  const restricted = metered.find(({ reason }) => reason === "OVER_QUOTA");
  const over = restricted && overMeter(evaluation, meter);
  return { meter, capability: restricted ?? metered[0], over };
}

/** The meter itself, if it is over, else another that is. */
function overMeter({ meters }: Evaluation, meter: string): MeterReading | undefined {
  const over = meters.filter((one) => one.over);
  return over.find(({ key }) => key === meter) ?? over[0];
}
