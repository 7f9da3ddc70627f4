import type { ClientReadableStream, ServiceError as GrpcError } from "@grpc/grpc-js";
import type {
  GetLicenseCapabilitiesResponse,
  WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import { CliError } from "../cli-error.ts";
import { toCliError } from "../connection/rpc-error.ts";
import type { Server } from "../connection/server.ts";
import { formatDuration } from "../output/time.ts";
import type { Settings } from "../settings.ts";
import { createWatchdog } from "./watchdog.ts";

/** How a stream ended: by this failure, or, `undefined`, because the user wants no more. */
export type StreamEnd = CliError | undefined;

/**
 * Follows one stream until it ends. A stream can die without an error, so the server's promise of
 * heartbeats is held against it; before the first message the timeout of the settings counts.
 * Rejects only if `onSnapshot` throws.
 */
export async function followOnce(
  server: Server,
  settings: Settings,
  interrupted: AbortSignal,
  onSnapshot: (snapshot: GetLicenseCapabilitiesResponse) => void,
): Promise<StreamEnd> {
  const stream = server.watch();
  const ended = Promise.withResolvers<StreamEnd>();
  const watchdog = createWatchdog(settings.timeoutMs, (silenceMs) =>
    ended.resolve(silent(settings, silenceMs)),
  );
  const onInterrupt = (): void => ended.resolve(undefined);
  interrupted.addEventListener("abort", onInterrupt, { once: true });
  listen(stream, settings, ended, (message) => {
    watchdog.feed(message.heartbeat?.intervalMs);
    if (message.snapshot !== undefined) onSnapshot(message.snapshot);
  });
  try {
    return await ended.promise;
  } finally {
    watchdog.stop();
    interrupted.removeEventListener("abort", onInterrupt);
    stream.cancel();
  }
}

function listen(
  stream: ClientReadableStream<WatchLicenseCapabilitiesResponse>,
  settings: Settings,
  ended: PromiseWithResolvers<StreamEnd>,
  onMessage: (message: WatchLicenseCapabilitiesResponse) => void,
): void {
  stream.on("error", (error: GrpcError) => ended.resolve(toCliError(error, settings)));
  stream.on("end", () => ended.resolve(lost(`${settings.address} ended the watch.`)));
  stream.on("data", (message: WatchLicenseCapabilitiesResponse) => {
    try {
      onMessage(message);
    } catch (error) {
      ended.reject(error);
    }
  });
}

function silent({ address }: Settings, silenceMs: number): CliError {
  return lost(`${address} has been silent for ${formatDuration(silenceMs)}.`);
}

function lost(message: string): CliError {
  const remedy = "Look whether the server runs, and check the network in between.";
  return new CliError("unreachable", message, { reason: "STREAM_LOST", remedy });
}
