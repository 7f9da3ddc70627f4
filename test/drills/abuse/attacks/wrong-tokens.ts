import { type Attack, over } from "../attack.ts";
import { beginCall, framed, onSessions, outcomeOf } from "../http2-calls.ts";

const AT_ONCE = 100;

/** Calls with a token that nobody has, as fast as the server answers. */
export const wrongTokens: Attack = async (target, tally) => {
  const wrong = `${target.token.slice(0, -8)}00000000`;
  await onSessions(target, tally, async (session) => {
    const attack = async () => {
      while (!session.closed && !session.destroyed && !target.signal.aborted) {
        const stream = beginCall(session, "GetLicenseCapabilities", wrong);
        tally("sent");
        stream.end(framed(Buffer.alloc(0)));
        tally(await outcomeOf(stream));
      }
    };
    await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, attack)), over(target)]);
  });
};
