import {
  type GetLicenseCapabilitiesRequest,
  GetLicenseCapabilitiesResponse,
} from "@license-service/contract";
import { EncodedMessage } from "./encoded-message.ts";
import type { UnaryHandler } from "./handler.ts";
import { readInstant, toDate, toOptionalDate } from "./messages/instants.ts";
import { toCapabilitiesResponse } from "./messages/snapshot.ts";
import { atRevision, type ReadSources, stillHolds } from "./read-gate.ts";

/** Answers what the platform may do: the bytes of the snapshot, unless another instant is asked for. */
export function createGetLicenseCapabilities(
  sources: ReadSources,
): UnaryHandler<GetLicenseCapabilitiesRequest, GetLicenseCapabilitiesResponse> {
  return (request, context) =>
    atRevision(sources, request.minRevision, context, () => answer(sources, request));
}

function answer({ hub, clock }: ReadSources, request: GetLicenseCapabilitiesRequest) {
  const at = readInstant("at_time", request.atTime);
  const { state, encoded, staleSince } = hub.current();
  if (request.knownRevision !== undefined) {
    const asked = at ?? clock.now();
    if (stillHolds(hub, request, asked, (_, { nextChangeAt }) => nextChangeAt)) {
      return GetLicenseCapabilitiesResponse.create({
        revision: { ...state.revision },
        unchanged: true,
        evaluatedAt: toDate(asked),
        staleSince: toOptionalDate(staleSince),
      });
    }
  }
  if (at === undefined) return new EncodedMessage<GetLicenseCapabilitiesResponse>(encoded.capabilities);
  return toCapabilitiesResponse({ state, evaluation: hub.evaluation(at), staleSince });
}
