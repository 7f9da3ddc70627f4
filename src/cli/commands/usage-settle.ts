import { CommitReservationResponse, ReleaseReservationResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { formatInstant } from "../output/time.ts";

/** `licensectl usage commit ID`: CommitReservation. */
export async function usageCommit(
  context: CommandContext,
  _options: object,
  [reservationId = ""]: readonly string[],
): Promise<void> {
  const answer = await withServer(context, (server) =>
    server.callQuotas((client) => client.commitReservation, { reservationId }),
  );
  const { out, isJson } = context;
  if (isJson) return out.json(CommitReservationResponse.toJSON(answer));
  const at = answer.commitTime === undefined ? "" : ` at ${formatInstant(answer.commitTime)}`;
  out.line`Committed${at}; usage revision ${answer.usageRevision}. It counts until it is released.`;
}

/** `licensectl usage release ID`: ReleaseReservation. */
export async function usageRelease(
  context: CommandContext,
  _options: object,
  [reservationId = ""]: readonly string[],
): Promise<void> {
  const answer = await withServer(context, (server) =>
    server.callQuotas((client) => client.releaseReservation, { reservationId }),
  );
  const { out, isJson } = context;
  if (isJson) return out.json(ReleaseReservationResponse.toJSON(answer));
  out.line`Released; usage revision ${answer.usageRevision}.`;
}
