/**
 * Holds many watches open over plain HTTP/2, and tells when all of them have a revision. Little code on purpose:
 * what it spends itself is added to what it measures.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { LicenseServiceService, WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import { sharedMs } from "../parts/instant.ts";
import { MessageReader } from "./message-reader.ts";
import type { OpenWatches, WatchReport } from "./watch-messages.ts";

/** The request: an empty message in gRPC's frame. */
const REQUEST = Buffer.alloc(5);
/** Bytes that may be on the way on one connection: enough for a snapshot to every watch on it. */
const CONNECTION_WINDOW = 16 * 1024 * 1024;

const arrivals = new Map<string, number[]>();
/** Every watch gets the same bytes: they are decoded once. */
let lastMessage: Buffer = Buffer.alloc(0);
let lastRevision: string | undefined;

process.once("message", (order: OpenWatches) => {
  const { connections, watches, isReading } = order;
  let opening = watches;
  const opened = () => {
    opening -= 1;
    if (opening === 0) report({ kind: "opened" });
  };
  for (let n = 0; n < connections; n += 1) {
    const session = openSession(order);
    const share = Math.floor(watches / connections) + (n < watches % connections ? 1 : 0);
    for (let k = 0; k < share; k += 1) {
      const stream = openWatch(session, order);
      if (isReading) readAll(stream, watches, opened);
      else stream.once("response", opened);
    }
  }
});
process.once("disconnect", () => process.exit());

function openSession({ address, isReading }: OpenWatches): ClientHttp2Session {
  const settings = isReading ? {} : { initialWindowSize: 0 };
  const session = connect(`http://${address}`, { settings, maxSessionMemory: 1_000 });
  session.on("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW));
  session.on("error", lost);
  return session;
}

function openWatch(session: ClientHttp2Session, { token }: OpenWatches): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: LicenseServiceService.watchLicenseCapabilities.path,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
    [constants.HTTP2_HEADER_TE]: "trailers",
    authorization: `Bearer ${token}`,
  });
  stream.end(REQUEST);
  stream.on("error", lost);
  stream.on("close", () => lost(new Error("a watch ended")));
  return stream;
}

function readAll(stream: ClientHttp2Stream, watches: number, opened: () => void): void {
  const reader = new MessageReader();
  let isFirst = true;
  stream.on("data", (bytes: Buffer) => {
    for (const message of reader.read(bytes)) {
      const revision = snapshotRevision(message);
      if (revision === undefined) continue;
      arrived(revision, watches);
      if (isFirst) opened();
      isFirst = false;
    }
  });
}

/** `undefined`: a heartbeat. */
function snapshotRevision(message: Buffer): string | undefined {
  if (message.equals(lastMessage)) return lastRevision;
  const { snapshot } = WatchLicenseCapabilitiesResponse.decode(message);
  if (snapshot === undefined) return undefined;
  lastMessage = message;
  lastRevision = String(snapshot.revision?.revision);
  return lastRevision;
}

function arrived(revision: string, watches: number): void {
  const atMs = arrivals.get(revision) ?? [];
  if (atMs.length === 0) arrivals.set(revision, atMs);
  atMs.push(sharedMs());
  if (atMs.length < watches) return;
  arrivals.delete(revision);
  report({ kind: "arrived", revision, atMs });
}

function lost(error: Error): void {
  report({ kind: "lost", why: error.message });
}

function report(message: WatchReport): void {
  if (process.connected) process.send?.(message);
}
