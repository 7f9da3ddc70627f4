import { CapabilityDomain, CapabilityState, GetLicenseCapabilitiesResponse } from "@license-service/contract";
import type { CommandContext } from "../context.ts";
import { type OfflineFlags, openAnswers } from "../offline/answers.ts";
import { withoutAge, writeOfflineNote } from "../offline/offline-note.ts";
import { readEnum, readInstant } from "../options.ts";
import { type Screen, styled } from "../output/screen.ts";
import { distanceOrigin, formatInstant, formatWithDistance } from "../output/time.ts";
import { writeCapabilities } from "../render/capability-table.ts";
import { showRevision } from "../render/terms.ts";

/** Options of `licensectl capabilities`. */
export interface CapabilitiesOptions extends OfflineFlags {
  readonly at?: string;
  readonly domain?: readonly string[];
  readonly state?: readonly string[];
}

/** `licensectl capabilities`: GetLicenseCapabilities, filtered here; the filters hold for --json too. */
export async function capabilities(context: CommandContext, options: CapabilitiesOptions): Promise<void> {
  const atTime = readInstant("--at", options.at);
  const domains = options.domain?.map((name) => readEnum("--domain", name, CapabilityDomain));
  const states = options.state?.map((name) => readEnum("--state", name, CapabilityState));
  const answers = await openAnswers(context, options);
  const whole = await answers.capabilities({ atTime });
  const wanted = whole.capabilities.filter(
    ({ domain, state }) => (domains?.includes(domain) ?? true) && (states?.includes(state) ?? true),
  );
  const answer = { ...whole, capabilities: wanted };
  if (context.isJson) return context.out.json(GetLicenseCapabilitiesResponse.toJSON(answer));
  writeOfflineNote(context, answers);
  const from = distanceOrigin(answer.evaluatedAt, atTime !== undefined);
  writeAnswer(context.out, withoutAge(answer, answers), whole.capabilities.length, from);
}

function writeAnswer(
  screen: Screen,
  answer: GetLicenseCapabilitiesResponse,
  total: number,
  from: Date,
): void {
  if (answer.capabilities.length > 0) {
    writeCapabilities(screen, answer.capabilities, from);
    screen.raw("\n");
  }
  screen.line`${answer.capabilities.length} of ${total} capabilities of ${answer.profile} for ${formatInstant(answer.evaluatedAt ?? from)} (UTC), ${showRevision(answer.revision)}; next change: ${formatWithDistance(answer.nextChangeAt, from, "none")}`;
  if (answer.staleSince !== undefined) {
    screen.line`${styled("yellow", "Stale:")} the server cannot reach its database since ${formatInstant(answer.staleSince)} and answers from memory.`;
  }
}
