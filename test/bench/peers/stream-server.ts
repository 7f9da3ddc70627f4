/** The peer of WatchLicenseCapabilities: the least that grpc-js can do to send the same bytes to many streams. */
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { LicenseServiceService } from "@license-service/contract";
import type { PushOrder, PushReport } from "./watch-messages.ts";

const streams = new Set<ServerWritableStream<unknown, Buffer>>();
let current: Buffer | undefined;

const server = new Server({ "grpc.enable_channelz": 0 });
const method = { ...LicenseServiceService.watchLicenseCapabilities, responseSerialize: (it: Buffer) => it };
server.addService(
  { watchLicenseCapabilities: method },
  {
    watchLicenseCapabilities(stream: ServerWritableStream<unknown, Buffer>) {
      streams.add(stream);
      stream.on("cancelled", () => streams.delete(stream));
      if (current !== undefined) stream.write(current);
    },
  },
);
process.on("message", ({ message }: PushOrder) => {
  current = Buffer.from(message, "base64");
  for (const stream of streams) stream.write(current);
  report({ kind: "pushed" });
});
process.once("disconnect", () => process.exit());
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  report({ kind: "listening", port });
});

function report(message: PushReport): void {
  process.send?.(message);
}
