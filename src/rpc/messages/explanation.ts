import {
  type ExplainCapabilityRequest,
  type ExplainCapabilityResponse,
  OperationClass,
} from "@license-service/contract";
import {
  type Evaluation,
  OPERATION_CLASSES,
  type OperationClass as Operation,
} from "../../domain/evaluation.ts";
import { explainCapability } from "../../domain/explain.ts";
import type { LicenseState } from "../../snapshot/license-state.ts";
import { toCapability } from "./capability.ts";
import { invalidRequest, toDate } from "./instants.ts";
import { licensesById } from "./license.ts";

/** Longest key that is looked up; the catalogue's longest has 26 characters. */
const MAX_KEY_LENGTH = 100;

/** What is asked about a capability. */
export type Question = Pick<ExplainCapabilityRequest, "key" | "operation">;

/** Why a capability has its state (EV-5). */
export function toExplainResponse(
  state: LicenseState,
  evaluation: Evaluation,
  key: string,
  operation: Operation | undefined,
): ExplainCapabilityResponse {
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

/** The operation that is asked about; `undefined`: none. Throws INVALID_REQUEST for a question without sense. */
export function readQuestion({ key, operation }: Question): Operation | undefined {
  if (key === "") throw invalidRequest("key", "is empty; name a capability, for example gpu");
  if (key.length > MAX_KEY_LENGTH) throw invalidRequest("key", `is longer than ${MAX_KEY_LENGTH} characters`);
  if (operation === OperationClass.UNSPECIFIED) return undefined;
  const known = OPERATION_CLASSES.find((name) => OperationClass[name] === operation);
  if (known === undefined) throw invalidRequest("operation", "is none of the contract's operation classes");
  return known;
}
