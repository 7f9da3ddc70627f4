import type { Finding } from "../drill.ts";
import type { Restored } from "./restored.ts";

/** What is promised after a restore, and whether it held. */
export function judge(seen: Restored): Finding[] {
  const epoch = seen.before.epoch + 1n;
  const finding = (promise: string, all: readonly boolean[], what: readonly unknown[]): Finding => ({
    promise: `nodes ${seen.meanwhile}: ${promise}`,
    holds: all.length > 0 && all.every(Boolean),
    seen: what.join(", "),
  });
  const epochs = [...seen.revisions.map((one) => one.epoch), ...seen.laterEpochs];
  return [
    finding(
      `the epoch is raised once, to ${epoch}, also after an upload and a restart`,
      epochs.map((one) => one === epoch),
      epochs,
    ),
    finding("the restored rights hold on both nodes", seen.hasOldRights, seen.hasOldRights),
    finding("the alert DATABASE_RESTORED stands on both nodes", seen.hasAlert, seen.hasAlert),
    finding(
      "a reader who saw the newer state is told OTHER_STORE",
      seen.toOldReader.map((answer) => answer === "OTHER_STORE"),
      seen.toOldReader,
    ),
    finding("uploads work again", [seen.isWritable], [seen.isWritable]),
  ];
}
