import {
  type Capability,
  CapabilityChange,
  type License,
  type Meter,
  QuotaChange,
} from "@license-service/contract";
import { lossOf } from "./bars.ts";
import type { Forecast } from "./forecast.ts";

/** What changes at one instant. */
export interface ComingChange {
  readonly at: Date;
  readonly starts: readonly License[];
  readonly ends: readonly License[];
  /** Licenses whose USB key is away and whose buffer ends. */
  readonly losses: readonly License[];
  readonly capabilities: readonly CapabilityChange[];
  readonly quotas: readonly QuotaChange[];
}

/** What is to come, by instant: licenses that start and end, also those whose end changes nothing; and what follows. */
export function comingChanges({ steps, licenses, from, until }: Forecast): readonly ComingChange[] {
  const isAhead = (at: Date | undefined): at is Date => at !== undefined && at > from && at <= until;
  const edges = licenses
    .flatMap((license) => [license.startTime, license.expireTime, lossOf(license)])
    .filter(isAhead);
  const instants = new Set([...edges, ...steps.slice(1).map(({ at }) => at)].map((at) => at.getTime()));
  return [...instants]
    .sort((a, b) => a - b)
    .map((instant) => {
      const index = steps.findIndex(({ at }, i) => i > 0 && at.getTime() === instant);
      const before = steps[index - 1]?.capabilities ?? [];
      const after = index > 0 ? (steps[index]?.capabilities ?? []) : before;
      return {
        at: new Date(instant),
        starts: licenses.filter(({ startTime }) => startTime?.getTime() === instant),
        ends: licenses.filter(({ expireTime }) => expireTime?.getTime() === instant),
        losses: licenses.filter((license) => lossOf(license)?.getTime() === instant),
        capabilities: capabilityChanges(before, after),
        quotas: quotaChanges(metersOf(before), metersOf(after)),
      };
    })
    .filter(
      ({ starts, ends, losses, capabilities, quotas }) =>
        starts.length + ends.length + losses.length + capabilities.length + quotas.length > 0,
    );
}

function capabilityChanges(before: readonly Capability[], after: readonly Capability[]): CapabilityChange[] {
  const old = new Map(before.map((capability) => [capability.key, capability]));
  return after.flatMap((is) => {
    const was = old.get(is.key);
    if (was === undefined || outcomeOf(was) === outcomeOf(is)) return [];
    return CapabilityChange.create({
      key: is.key,
      stateBefore: was.state,
      reasonBefore: was.reason,
      stateAfter: is.state,
      reasonAfter: is.reason,
      operationsAfter: is.operations,
    });
  });
}

function outcomeOf({ state, reason, operations }: Capability): string {
  return JSON.stringify([state, reason, operations]);
}

function metersOf(capabilities: readonly Capability[]): ReadonlyMap<string, Meter> {
  return new Map(capabilities.flatMap(({ meters }) => meters).map((meter) => [meter.key, meter]));
}

function quotaChanges(before: ReadonlyMap<string, Meter>, after: ReadonlyMap<string, Meter>): QuotaChange[] {
  return [...after.values()].flatMap((is) => {
    const was = before.get(is.key);
    if (was === undefined || (was.limit === is.limit && was.over === is.over)) return [];
    return QuotaChange.create({
      key: is.key,
      limitBefore: was.limit,
      limitAfter: is.limit,
      usedBefore: was.used,
      usedAfter: is.used,
      overBefore: was.over,
      overAfter: is.over,
      overBy: is.over && is.limit !== undefined ? is.used - is.limit : 0n,
    });
  });
}
