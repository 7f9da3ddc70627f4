import { type Attack, over } from "../attack.ts";
import { beginCall, framed, onSessions, outcomeOf } from "../http2-calls.ts";

const BODY = framed(Buffer.alloc(5 * 1024 * 1024));
const AT_ONCE = 4;

/** Uploads of 5 MiB, four at a time. */
export function bigMessages(isTokenSent: boolean): Attack {
  return async (target, tally) => {
    const attack = () =>
      onSessions(target, tally, async (session) => {
        const stream = beginCall(session, "UploadLicense", isTokenSent ? target.token : undefined);
        tally("sent");
        stream.end(BODY);
        tally(await Promise.race([outcomeOf(stream), over(target).then(() => "still open at the end")]));
      });
    await Promise.all(Array.from({ length: AT_ONCE }, attack));
  };
}
