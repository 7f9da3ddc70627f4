import type { ExplainCapabilityRequest, ExplainCapabilityResponse } from "@license-service/contract";
import type { OperationClass as Operation } from "../domain/evaluation.ts";
import type { UnaryHandler } from "./handler.ts";
import { readQuestion, toExplainResponse } from "./messages/explanation.ts";
import { readInstant } from "./messages/instants.ts";
import { atRevision, type ReadSources } from "./read-gate.ts";

/** Answers why a capability has its state (EV-5). A key that the product does not have is answered, not refused. */
export function createExplainCapability(
  sources: ReadSources,
): UnaryHandler<ExplainCapabilityRequest, ExplainCapabilityResponse> {
  return (request, context) => {
    const operation = readQuestion(request);
    return atRevision(sources, request.minRevision, context, () => answer(sources, request, operation));
  };
}

function answer(
  { hub }: ReadSources,
  { key, atTime }: ExplainCapabilityRequest,
  operation: Operation | undefined,
): ExplainCapabilityResponse {
  const evaluation = hub.evaluation(readInstant("at_time", atTime));
  return toExplainResponse(hub.current().state, evaluation, key, operation);
}
