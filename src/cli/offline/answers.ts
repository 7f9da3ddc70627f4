/** Where the reading commands get their answers: from a server, or from the data directory of one. */
import type {
  ExplainCapabilityResponse,
  GetLicenseCapabilitiesResponse,
  GetLicenseInfoResponse,
} from "@license-service/contract";
import { ServiceError } from "../../errors.ts";
import { type Question, readQuestion, toExplainResponse } from "../../rpc/messages/explanation.ts";
import { toInfoResponse } from "../../rpc/messages/info.ts";
import { readInstant } from "../../rpc/messages/instants.ts";
import { toCapabilitiesResponse } from "../../rpc/messages/snapshot.ts";
import { evaluateState } from "../../snapshot/snapshot.ts";
import { CliError, usageError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { findDataDirectory } from "./data-directory.ts";
import { type OfflineState, readOfflineState } from "./offline-state.ts";

/** Options of a command that can answer without a server. */
export interface OfflineFlags {
  readonly offline?: boolean;
  /** Believe the test vendor of the data directory, as the server does in development mode. */
  readonly development?: boolean;
}

/** An instant to evaluate at; `undefined`: now. */
interface AtTime {
  readonly atTime: Date | undefined;
}

/** The answers of the service. Of a data directory, `staleSince` is the instant that it was written. */
export interface Answers {
  /** The data directory that answers; `undefined`: a server does. */
  readonly offline: OfflineState | undefined;
  info(request: AtTime): Promise<GetLicenseInfoResponse>;
  capabilities(request: AtTime): Promise<GetLicenseCapabilitiesResponse>;
  explain(request: AtTime & Question): Promise<ExplainCapabilityResponse>;
}

/** Opens the source that the options ask for. @throws CliError when it is a data directory without answers. */
export async function openAnswers(context: CommandContext, flags: OfflineFlags): Promise<Answers> {
  const isDevelopment = flags.development === true;
  if (flags.offline === true) {
    const directory = await findDataDirectory(context.flags);
    return offlineAnswers(await readOfflineState(directory, isDevelopment));
  }
  if (isDevelopment) throw usageError("--development goes with --offline; a server knows its own mode.");
  return serverAnswers(context);
}

function serverAnswers(context: CommandContext): Answers {
  return {
    offline: undefined,
    info: (request) =>
      withServer(context, (server) => server.call((client) => client.getLicenseInfo, request)),
    capabilities: (request) =>
      withServer(context, (server) => server.call((client) => client.getLicenseCapabilities, request)),
    explain: (request) =>
      withServer(context, (server) => server.call((client) => client.explainCapability, request)),
  };
}

function offlineAnswers(offline: OfflineState): Answers {
  const { state, writtenAt, identity } = offline;
  const evaluation = ({ atTime }: AtTime) =>
    evaluateState(state, readInstant("at_time", atTime) ?? Date.now());
  return {
    offline,
    info: (request) =>
      refusing(() => toInfoResponse(state, evaluation(request), writtenAt, identity, NOTHING_LIVE)),
    capabilities: (request) =>
      refusing(() =>
        toCapabilitiesResponse({ state, evaluation: evaluation(request), staleSince: writtenAt }),
      ),
    explain: (request) =>
      refusing(() => toExplainResponse(state, evaluation(request), request.key, readQuestion(request))),
  };
}

const NOTHING_LIVE = { nodes: [], liveAlerts: [] };

/** What the service refuses is refused here as well, and in the same words. */
async function refusing<T>(answer: () => T): Promise<T> {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { reason, fields } = error;
    throw new CliError("refused", error.message, { reason, fields, cause: error });
  }
}
