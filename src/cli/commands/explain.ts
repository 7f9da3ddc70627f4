import { CapabilityReason, ExplainCapabilityResponse, OperationClass } from "@license-service/contract";
import type { CommandContext } from "../context.ts";
import { type OfflineFlags, openAnswers } from "../offline/answers.ts";
import { writeOfflineNote } from "../offline/offline-note.ts";
import { readEnum, readInstant } from "../options.ts";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { distanceOrigin, formatInstant, formatWithDistance } from "../output/time.ts";
import { writeLicenses } from "../render/license-table.ts";
import { meterReading, nextOf, showOperations, showState } from "../render/terms.ts";

/** Options of `licensectl explain`. */
export interface ExplainOptions extends OfflineFlags {
  readonly at?: string;
  readonly operation?: string;
}

/** `licensectl explain <key>`: ExplainCapability. */
export async function explain(
  context: CommandContext,
  options: ExplainOptions,
  [key = ""]: readonly string[],
): Promise<void> {
  const atTime = readInstant("--at", options.at);
  const operation =
    options.operation === undefined ? 0 : readEnum("--operation", options.operation, OperationClass);
  const answers = await openAnswers(context, options);
  const answer = await answers.explain({ key, operation, atTime });
  if (context.isJson) return context.out.json(ExplainCapabilityResponse.toJSON(answer));
  writeOfflineNote(context, answers);
  const from = distanceOrigin(answer.evaluatedAt, atTime !== undefined);
  writeExplanation(context.out, answer, operation, from);
}

/** Writes the answer for people; distances in time count from `from`. */
export function writeExplanation(
  screen: Screen,
  answer: ExplainCapabilityResponse,
  operation: OperationClass,
  from: Date,
): void {
  const { capability, licenses, explanation, remedy } = answer;
  if (capability !== undefined) {
    screen.line`${styled("bold", capability.key)}: ${showState(capability.state)} ${nameOf(CapabilityReason, capability.reason)}\n`;
  }
  screen.fields([
    ["why", explanation],
    ["what to do", remedy || undefined],
    ["operations", capability && showOperations(capability.operations)],
    [`may ${nameOf(OperationClass, operation).toLowerCase()}`, showAllowed(answer.operationAllowed)],
    ["meters", capability?.meters.map(meterReading).join("; ") || undefined],
    ["since", formatWithDistance(capability?.effectiveTime, from, "always")],
    ["until", formatWithDistance(capability?.expireTime, from, "no change in sight")],
    ["buffer ends", capability?.bufferExpireTime && formatWithDistance(capability.bufferExpireTime, from)],
    ["then", (capability && nextOf(capability)) || undefined],
    ["evaluated for", answer.evaluatedAt && `${formatInstant(answer.evaluatedAt)} (UTC)`],
  ]);
  if (licenses.length > 0) {
    screen.line`\n${styled("bold", "Deciding licenses")} (${licenses.length})`;
    writeLicenses(screen, licenses, from);
  }
}

function showAllowed(isAllowed: boolean | undefined): Inline | undefined {
  if (isAllowed === undefined) return undefined;
  return isAllowed ? styled("green", "yes") : styled("red", "no");
}
