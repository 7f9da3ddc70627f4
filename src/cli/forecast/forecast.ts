/** What is to come: the service asked for one instant after another, all of them by the licenses of one revision. */
import type { Capability, License, Revision } from "@license-service/contract";
import { CliError } from "../cli-error.ts";
import type { Answers } from "../offline/answers.ts";
import { distanceOrigin } from "../output/time.ts";

/** What the platform may do from an instant on, until the next step. */
export interface ForecastStep {
  readonly at: Date;
  readonly capabilities: readonly Capability[];
}

/** The licenses of now, played forward. */
export interface Forecast {
  readonly revision: Revision | undefined;
  readonly profile: string;
  /** The instant of the first step: now. */
  readonly from: Date;
  readonly until: Date;
  /** The first is now; the others are changes, ascending. */
  readonly steps: readonly ForecastStep[];
  /** Every license, installed or that of the no-license state, the base first. */
  readonly licenses: readonly License[];
  /** There are more changes before {@link until} than are asked for. */
  readonly isCut: boolean;
}

/** Changes that one forecast asks for. */
const MOST_STEPS = 200;

/** Beginnings that are given up because the licenses changed in the middle. */
const MOST_ATTEMPTS = 5;

/**
 * Asks for every change until an instant.
 *
 * @param maxSteps default: 200.
 * @throws CliError LICENSES_CHANGE: the licenses change faster than they can be asked for.
 */
export async function askForecast(answers: Answers, until: Date, maxSteps = MOST_STEPS): Promise<Forecast> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const forecast = await askOnce(answers, until, maxSteps);
    if (forecast !== undefined) return forecast;
  }
  throw new CliError("refused", "The licenses change while they are asked for.", {
    reason: "LICENSES_CHANGE",
    remedy: "Try again when the uploads are done.",
  });
}

/** `undefined`: an answer was of another revision than the first. */
async function askOnce(answers: Answers, until: Date, maxSteps: number): Promise<Forecast | undefined> {
  const first = await answers.capabilities({ atTime: undefined });
  const info = await answers.info({ atTime: undefined });
  if (!isSameRevision(first.revision, info.revision)) return undefined;
  const from = distanceOrigin(first.evaluatedAt, false);
  const steps: ForecastStep[] = [{ at: from, capabilities: first.capabilities }];
  let next = first.nextChangeAt;
  while (next !== undefined && next <= until && steps.length <= maxSteps) {
    const answer = await answers.capabilities({ atTime: next });
    if (!isSameRevision(first.revision, answer.revision)) return undefined;
    steps.push({ at: next, capabilities: answer.capabilities });
    next = answer.nextChangeAt;
  }
  const isCut = next !== undefined && next <= until;
  const licenses = info.license === undefined ? info.additions : [info.license, ...info.additions];
  return { revision: first.revision, profile: first.profile, from, until, steps, licenses, isCut };
}

function isSameRevision(a: Revision | undefined, b: Revision | undefined): boolean {
  return a?.storeId === b?.storeId && a?.epoch === b?.epoch && a?.revision === b?.revision;
}
