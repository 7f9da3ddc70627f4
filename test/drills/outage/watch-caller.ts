/** A watch as a caller: each message is a call that took as long as the silence before it. */
import type { Teardown } from "../../helpers/rpc-service.ts";
import { openCaller } from "../parts/caller.ts";
import type { DrillNode } from "../parts/node.ts";
import type { Sample } from "../parts/samples.ts";
import type { LoadCaller } from "./load.ts";

/** Opens a watch and notes its messages until it is told to stop. */
export function watchMessages(t: Teardown, node: DrillNode, stopping: AbortSignal): LoadCaller {
  const stream = openCaller(t, node).watch();
  const samples: Sample[] = [];
  let beganAt = performance.now();
  const note = (outcome: string) => {
    const now = performance.now();
    samples.push({ beganAt, tookMs: now - beganAt, outcome, retryAfterMs: undefined });
    beganAt = now;
  };
  const read = async () => {
    while (!stopping.aborted) {
      const { snapshot, heartbeat } = await stream.next();
      note((snapshot ?? heartbeat)?.staleSince === undefined ? "ok" : "stale");
    }
  };
  void read();
  void stream.ended().then((error) => {
    if (!stopping.aborted) note(`the watch ended: ${error.message}`);
  });
  return { name: "watch", kind: "from memory", samples };
}
