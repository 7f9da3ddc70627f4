import { type GetLicenseInfoRequest, GetLicenseInfoResponse } from "@license-service/contract";
import type { ListedNode } from "../nodes/node-list.ts";
import type { Alert } from "../snapshot/alert.ts";
import { nextStandingChange } from "../snapshot/snapshot.ts";
import type { UnaryHandler } from "./handler.ts";
import { type PlatformIdentity, toInfoResponse } from "./messages/info.ts";
import { readInstant, toDate, toOptionalDate } from "./messages/instants.ts";
import { atRevision, type ReadSources, stillHolds } from "./read-gate.ts";

/** What GetLicenseInfo is answered from. */
export interface InfoSources extends ReadSources {
  readonly identity: PlatformIdentity;
  /** The nodes of the platform as of the last heartbeat, in the order in which they are shown. */
  readonly nodes: () => readonly ListedNode[];
  /** Where alerts come from that do not follow from the rows of the database; empty lists: nothing to act on. */
  readonly liveAlerts: readonly (() => readonly Alert[])[];
}

/** Answers the base license in force, the modules beside it, the nodes, and standing alerts (AP-1). */
export function createGetLicenseInfo(
  sources: InfoSources,
): UnaryHandler<GetLicenseInfoRequest, GetLicenseInfoResponse> {
  // No revision tells that a live alert began or ended. So once one was answered, nothing is "unchanged".
  let wasAlertAnswered = false;
  const answer = (request: GetLicenseInfoRequest) => {
    const liveAlerts = sources.liveAlerts.flatMap((read) => read());
    wasAlertAnswered ||= liveAlerts.length > 0;
    return answerFrom(sources, request, liveAlerts, !wasAlertAnswered);
  };
  return (request, context) => atRevision(sources, request.minRevision, context, () => answer(request));
}

function answerFrom(
  { hub, clock, identity, nodes }: InfoSources,
  request: GetLicenseInfoRequest,
  liveAlerts: readonly Alert[],
  mayBeUnchanged: boolean,
): GetLicenseInfoResponse {
  const at = readInstant("at_time", request.atTime);
  const { state, staleSince } = hub.current();
  const asked = at ?? clock.now();
  const isKnown = request.knownRevision !== undefined;
  if (mayBeUnchanged && isKnown && stillHolds(hub, request, asked, nextStandingChange)) {
    return GetLicenseInfoResponse.create({
      revision: { ...state.revision },
      unchanged: true,
      evaluatedAt: toDate(asked),
      staleSince: toOptionalDate(staleSince),
    });
  }
  const live = { nodes: nodes(), liveAlerts };
  return toInfoResponse(state, hub.evaluation(at), staleSince, identity, live);
}
