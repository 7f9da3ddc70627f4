/** Uploads one license after another, and remembers which were acknowledged. */
import { setTimeout as delay } from "node:timers/promises";
import { licenseIdOf } from "../../../src/license-file/license-of-claims.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { openCaller } from "./caller.ts";
import { type Issue, issuerAt } from "./issuer.ts";
import type { DrillNode } from "./node.ts";
import { type Sample, sample } from "./samples.ts";

/** Uploads that go on until they are stopped. */
export interface Uploads {
  /** Ids of the licenses whose upload was answered. */
  readonly acknowledged: ReadonlySet<string>;
  readonly samples: readonly Sample[];
  /** Resolves when the next upload from now on is acknowledged, with its instant (`performance.now()`). */
  nextAcknowledged(): Promise<number>;
  /** Resolves once the last one has ended. */
  stop(): Promise<void>;
}

/** Starts `atOnce` uploaders on a node; each pauses for `pauseMs` between two uploads. */
export async function startUploads(
  t: Teardown,
  node: DrillNode,
  { atOnce = 4, pauseMs = 100 } = {},
): Promise<Uploads> {
  const issue = await issuerAt(node.place);
  const acknowledged = new Set<string>();
  const samples: Sample[] = [];
  let next = Promise.withResolvers<number>();
  let isStopping = false;
  const upload = async (call: (bytes: Buffer) => Promise<unknown>, make: Issue) => {
    while (!isStopping) {
      const signedBytes = await make({ item: "gpu" });
      const one = await sample(() => call(Buffer.from(signedBytes)));
      samples.push(one);
      if (one.outcome === "ok") {
        acknowledged.add(licenseIdOf(signedBytes));
        next.resolve(performance.now());
        next = Promise.withResolvers();
      }
      await delay(pauseMs);
    }
  };
  const running = Array.from({ length: atOnce }, () => {
    const caller = openCaller(t, node);
    return upload((bytes) => caller.call("uploadLicense", { package: bytes }), issue);
  });
  const stop = async () => {
    isStopping = true;
    await Promise.all(running);
  };
  t.teardown(() => {
    isStopping = true;
  });
  return { acknowledged, samples, nextAcknowledged: () => next.promise, stop };
}
