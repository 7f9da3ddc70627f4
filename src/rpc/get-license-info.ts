import { type GetLicenseInfoRequest, GetLicenseInfoResponse } from "@license-service/contract";
import { nextStandingChange } from "../snapshot/snapshot.ts";
import type { UnaryHandler } from "./handler.ts";
import { type PlatformIdentity, toInfoResponse } from "./messages/info.ts";
import { readInstant, toDate, toOptionalDate } from "./messages/instants.ts";
import { atRevision, type ReadSources, stillHolds } from "./read-gate.ts";

/** What GetLicenseInfo is answered from. */
export interface InfoSources extends ReadSources {
  readonly identity: PlatformIdentity;
}

/** Answers the base license in force, the modules beside it, and standing alerts (AP-1). */
export function createGetLicenseInfo(
  sources: InfoSources,
): UnaryHandler<GetLicenseInfoRequest, GetLicenseInfoResponse> {
  return (request, context) =>
    atRevision(sources, request.minRevision, context, () => answer(sources, request));
}

function answer(
  { hub, clock, identity }: InfoSources,
  request: GetLicenseInfoRequest,
): GetLicenseInfoResponse {
  const at = readInstant("at_time", request.atTime);
  const { state, staleSince } = hub.current();
  const asked = at ?? clock.now();
  if (request.knownRevision !== undefined && stillHolds(hub, request, asked, nextStandingChange)) {
    return GetLicenseInfoResponse.create({
      revision: { ...state.revision },
      unchanged: true,
      evaluatedAt: toDate(asked),
      staleSince: toOptionalDate(staleSince),
    });
  }
  return toInfoResponse(state, hub.evaluation(at), staleSince, identity);
}
