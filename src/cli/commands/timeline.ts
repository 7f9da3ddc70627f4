import { CapabilityChange, License, QuotaChange, Revision } from "@license-service/contract";
import { usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { type ComingChange, comingChanges } from "../forecast/coming-changes.ts";
import { askForecast, type Forecast } from "../forecast/forecast.ts";
import { type OfflineFlags, openAnswers } from "../offline/answers.ts";
import { writeOfflineNote } from "../offline/offline-note.ts";
import { readInstant, readNumber } from "../options.ts";
import { chartSpaceOf } from "../output/chart-space.ts";
import { formatInstant } from "../output/time.ts";
import { showRevision } from "../render/terms.ts";
import { writeBars } from "../render/timeline-bars.ts";
import { writeComingChanges } from "../render/timeline-table.ts";

/** Options of `licensectl timeline`. */
export interface TimelineOptions extends OfflineFlags {
  readonly until?: string;
  readonly days?: string;
}

const DEFAULT_DAYS = 365;
const MAX_DAYS = 36_500;
const DAY_MS = 86_400_000;

/** `licensectl timeline`: the coming changes by the licenses of now, as a table and as bars. */
export async function timeline(context: CommandContext, options: TimelineOptions): Promise<void> {
  const until = readHorizon(options);
  const answers = await openAnswers(context, options);
  const forecast = await askForecast(answers, until);
  const changes = comingChanges(forecast);
  const { isJson, out } = context;
  if (isJson) return out.json(toJson(forecast, changes));
  writeOfflineNote(context, answers);
  if (changes.length === 0) out.line`Nothing changes before ${formatInstant(until)}.`;
  writeComingChanges(out, changes, forecast.from);
  if (forecast.isCut) {
    out.line`\nThere are more changes before ${formatInstant(until)} than are shown here: ask for fewer days.`;
  }
  out.raw("\n");
  writeBars(out, forecast, chartSpaceOf(context.host));
  out.line`\nBy the licenses and the usage of now: ${forecast.profile}, ${showRevision(forecast.revision)}.`;
}

/** The instant that the timeline goes up to. @throws CliError of kind usage, also for one that does not lie ahead. */
export function readHorizon({ until, days }: TimelineOptions, now = new Date()): Date {
  if (until !== undefined && days !== undefined) {
    throw usageError("--until and --days do not go together: both say how far the timeline goes.");
  }
  const count = readNumber("--days", days, { min: 1, max: MAX_DAYS }) ?? DEFAULT_DAYS;
  const horizon = readInstant("--until", until, now) ?? new Date(now.getTime() + count * DAY_MS);
  if (horizon <= now) {
    throw usageError(`--until: "${until}" does not lie ahead.`, "What was before, licensectl history tells.");
  }
  return horizon;
}

/** One document for programs: each part in the form of the contract. */
function toJson(forecast: Forecast, changes: readonly ComingChange[]) {
  const { revision, profile, from, until, isCut, licenses } = forecast;
  return {
    revision: revision && Revision.toJSON(revision),
    profile,
    from: from.toISOString(),
    until: until.toISOString(),
    isComplete: !isCut,
    changes: changes.map(({ at, starts, ends, losses, capabilities, quotas }) => ({
      time: at.toISOString(),
      startingLicenseIds: starts.map(({ id }) => id),
      endingLicenseIds: ends.map(({ id }) => id),
      lostLicenseIds: losses.map(({ id }) => id),
      capabilityChanges: capabilities.map((change) => CapabilityChange.toJSON(change)),
      quotaChanges: quotas.map((change) => QuotaChange.toJSON(change)),
    })),
    licenses: licenses.map((license) => License.toJSON(license)),
  };
}
