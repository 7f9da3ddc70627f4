import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { type Attack, over, type Tally, type Target } from "../attack.ts";
import { beginCall, framed, onSessions, outcomeOf } from "../http2-calls.ts";

/** Calls that are begun, get a little of their request, and are never ended. */
const HANGING = 500;
/** Calls whose request goes on for ever, one message after another. */
const ENDLESS = 4;
const MESSAGES = Buffer.concat(Array.from({ length: 1_000 }, () => framed(Buffer.from([0x10, 0x01]))));

/** Requests without an end: 4 that stream on, 500 that hang. */
export const endlessRequests: Attack = async (target, tally) => {
  await Promise.all([
    onSessions(target, tally, (session) => hang(session, target, tally)),
    ...Array.from({ length: ENDLESS }, () =>
      onSessions(target, tally, (session) => streamOn(session, target, tally)),
    ),
  ]);
};

async function hang(session: ClientHttp2Session, target: Target, tally: Tally): Promise<void> {
  const ends = Array.from({ length: HANGING }, () => {
    const stream = beginCall(session, "UploadLicense", target.token);
    tally("hanging calls");
    // A message of 1 MiB is announced, and its first bytes come.
    stream.write(Buffer.from([0, 0, 0x10, 0, 0, 1, 2, 3]));
    return outcomeOf(stream).then((outcome) => tally(`hanging: ${outcome}`));
  });
  await Promise.race([Promise.all(ends), over(target)]);
  await delay(50);
}

async function streamOn(session: ClientHttp2Session, target: Target, tally: Tally): Promise<void> {
  const stream = beginCall(session, "UploadLicense", target.token);
  tally("endless calls");
  const end = outcomeOf(stream).then((outcome) => tally(`endless: ${outcome}`));
  const write = async () => {
    while (!stream.closed && !stream.destroyed && !target.signal.aborted) {
      if (!stream.write(MESSAGES)) await Promise.race([once(stream, "drain"), end, over(target)]);
    }
  };
  await Promise.race([write(), end]);
  stream.close();
}
