import {
  type GetLicenseCapabilitiesResponse,
  WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import type { CliError } from "../cli-error.ts";
import { connect } from "../connection/server.ts";
import type { CommandContext } from "../context.ts";
import { formatDuration } from "../output/time.ts";
import { readSettings, type Settings } from "../settings.ts";
import { followOnce, type StreamEnd } from "../watch/follow.ts";
import { isWorthRetrying, waitBefore } from "../watch/retry.ts";
import { writeSnapshotChanges } from "../watch/snapshot-lines.ts";

/**
 * `licensectl watch`: WatchLicenseCapabilities, until the user ends it. The first contact must succeed;
 * after that a lost stream is opened again, however long it takes, and what changed meanwhile is shown.
 */
export async function watch(context: CommandContext): Promise<void> {
  const settings = await readSettings(context.flags, context.host.env);
  const { interrupted } = context.host;
  let latest: GetLicenseCapabilitiesResponse | undefined;
  for (let attempt = 0; !interrupted.aborted; ) {
    const end = await follow(context, settings, (snapshot) => {
      attempt = 0;
      writeSnapshot(context, latest, snapshot);
      latest = snapshot;
    });
    if (end === undefined || interrupted.aborted) return;
    if (latest === undefined || !isWorthRetrying(end)) throw end;
    await waitBefore(attempt, interrupted, (waitMs) => tellLoss(context, end, waitMs));
    attempt += 1;
  }
}

async function follow(
  context: CommandContext,
  settings: Settings,
  onSnapshot: (snapshot: GetLicenseCapabilitiesResponse) => void,
): Promise<StreamEnd> {
  const server = connect(settings);
  try {
    return await followOnce(server, settings, context.host.interrupted, onSnapshot);
  } finally {
    server.close();
  }
}

function writeSnapshot(
  { out, isJson }: CommandContext,
  before: GetLicenseCapabilitiesResponse | undefined,
  snapshot: GetLicenseCapabilitiesResponse,
): void {
  if (isJson) out.json(WatchLicenseCapabilitiesResponse.toJSON({ snapshot }), "line");
  else writeSnapshotChanges(out, before, snapshot);
}

function tellLoss({ err, isJson }: CommandContext, error: CliError, waitMs: number): void {
  const message = `Lost the server: ${error.message} Trying again in ${formatDuration(waitMs)}.`;
  if (isJson) err.json({ notice: { message, reason: error.parts.reason, retryInMs: waitMs } }, "line");
  else err.line`${message}`;
}
