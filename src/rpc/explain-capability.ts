import {
  type ExplainCapabilityRequest,
  type ExplainCapabilityResponse,
  OperationClass,
} from "@license-service/contract";
import { OPERATION_CLASSES, type OperationClass as Operation } from "../domain/evaluation.ts";
import { explainCapability } from "../domain/explain.ts";
import type { UnaryHandler } from "./handler.ts";
import { toCapability } from "./messages/capability.ts";
import { invalidRequest, readInstant, toDate } from "./messages/instants.ts";
import { licensesById } from "./messages/license.ts";
import { atRevision, type ReadSources } from "./read-gate.ts";

/** Longest key that is looked up; the catalogue's longest has 26 characters. */
const MAX_KEY_LENGTH = 100;

/** Answers why a capability has its state (EV-5). A key that the product does not have is answered, not refused. */
export function createExplainCapability(
  sources: ReadSources,
): UnaryHandler<ExplainCapabilityRequest, ExplainCapabilityResponse> {
  return (request, context) => {
    const operation = readRequest(request);
    return atRevision(sources, request.minRevision, context, () => answer(sources, request, operation));
  };
}

function answer(
  { hub }: ReadSources,
  { key, atTime }: ExplainCapabilityRequest,
  operation: Operation | undefined,
): ExplainCapabilityResponse {
  const evaluation = hub.evaluation(readInstant("at_time", atTime));
  const { state } = hub.current();
  const { decision, licenses, explanation, remedy } = explainCapability(state.profile, evaluation, key);
  return {
    revision: { ...state.revision },
    evaluatedAt: toDate(evaluation.at),
    capability: toCapability(decision),
    operationAllowed: operation === undefined ? undefined : decision.operations.includes(operation),
    licenses: licensesById(evaluation, licenses),
    explanation,
    remedy,
  };
}

function readRequest({ key, operation }: ExplainCapabilityRequest): Operation | undefined {
  if (key === "") throw invalidRequest("key", "is empty; name a capability, for example gpu");
  if (key.length > MAX_KEY_LENGTH) throw invalidRequest("key", `is longer than ${MAX_KEY_LENGTH} characters`);
  if (operation === OperationClass.UNSPECIFIED) return undefined;
  const known = OPERATION_CLASSES.find((name) => OperationClass[name] === operation);
  if (known === undefined) throw invalidRequest("operation", "is none of the contract's operation classes");
  return known;
}
