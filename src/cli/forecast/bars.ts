/** The bars of a timeline: what stands in each cell, whatever a terminal then shows for it. */
import { CapabilityState, type License, LicenseStatus } from "@license-service/contract";
import type { Forecast } from "./forecast.ts";

/** What fills a stretch of a bar: a state, from DISABLED ("nothing") to ENABLED ("all"). */
export type Fill = CapabilityState;

/** A stretch of time with one fill, from `at` to the next stretch. */
export interface Stretch {
  readonly at: number;
  readonly fill: Fill;
}

/** When the buffer of its USB key ends that carries a license, if that is before its own end; `undefined`: it is not, or none does. */
export function lossOf({ bufferExpireTime, expireTime }: License): Date | undefined {
  if (bufferExpireTime === undefined) return undefined;
  return expireTime !== undefined && expireTime <= bufferExpireTime ? undefined : bufferExpireTime;
}

/** The stretches of a license: it runs, or it does not. One whose USB key is lost does not. */
export function licenseStretches(license: License, from: Date): readonly Stretch[] {
  const { startTime, expireTime, status } = license;
  const startsAt = startTime?.getTime() ?? Number.NEGATIVE_INFINITY;
  const endsAt = (lossOf(license) ?? expireTime)?.getTime() ?? Number.POSITIVE_INFINITY;
  const none = { at: from.getTime(), fill: CapabilityState.DISABLED };
  if (status === LicenseStatus.USB_KEY_LOST) return [none];
  return [
    none,
    { at: startsAt, fill: CapabilityState.ENABLED },
    { at: endsAt, fill: CapabilityState.DISABLED },
  ];
}

/** The stretches of a capability: its states. */
export function capabilityStretches({ steps }: Forecast, key: string): readonly Stretch[] {
  return steps.flatMap(({ at, capabilities }) => {
    const state = capabilities.find((capability) => capability.key === key)?.state;
    return state === undefined ? [] : [{ at: at.getTime(), fill: state }];
  });
}

/**
 * Fills the cells of a bar. A stretch that is too short for a cell has one all the same, where there is room: what
 * ends tomorrow shows in a bar of a year.
 *
 * @param stretches ascending, but that those before `from` are taken in their order; those after `until` are left out.
 */
export function fillCells(
  stretches: readonly Stretch[],
  { from, until }: Pick<Forecast, "from" | "until">,
  width: number,
): readonly Fill[] {
  const cells: Fill[] = new Array(width).fill(CapabilityState.DISABLED);
  const lengthMs = Math.max(1, until.getTime() - from.getTime());
  let free = 0;
  for (const { at, fill } of stretches) {
    if (at > until.getTime()) break;
    const cell = Math.floor(((at - from.getTime()) / lengthMs) * width);
    const begin = at <= from.getTime() ? 0 : Math.max(cell, free);
    if (begin >= width) break;
    cells.fill(fill, begin);
    free = begin + 1;
  }
  return cells;
}
