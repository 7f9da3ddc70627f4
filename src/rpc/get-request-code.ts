import type { GetRequestCodeRequest, GetRequestCodeResponse } from "@license-service/contract";
import type { Revision } from "../store/types.ts";
import type { UnaryHandler } from "./handler.ts";

/** What GetRequestCode answers from: facts that do not change while the process lives, and the revision. */
export interface RequestCodeSources {
  readonly requestCode: string;
  /** AP-2. */
  readonly platformId: string;
  /** RFC 7638 thumbprint of the platform's key (LI-1). */
  readonly thumbprint: string;
  readonly profile: string;
  /** The revision that answers are made from now. */
  readonly revision: () => Revision;
}

/** Answers the request code of the platform. */
export function createGetRequestCode(
  sources: RequestCodeSources,
): UnaryHandler<GetRequestCodeRequest, GetRequestCodeResponse> {
  const { requestCode, platformId, thumbprint, profile, revision } = sources;
  return () => ({ revision: { ...revision() }, requestCode, platformId, thumbprint, profile });
}
