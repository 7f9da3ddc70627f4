import { WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import test from "ava";
import { pino } from "pino";
import { DAY_MS } from "../../../src/domain/license.ts";
import { EncodedMessage } from "../../../src/rpc/encoded-message.ts";
import type { ResponseStream, RpcContext } from "../../../src/rpc/handler.ts";
import { createWatchLicenseCapabilities } from "../../../src/rpc/watch-license-capabilities.ts";
import { settled } from "../../helpers/fake-time.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

/** A reader whose pace the test decides. */
class Reader implements ResponseStream<WatchLicenseCapabilitiesResponse> {
  readonly received: WatchLicenseCapabilitiesResponse[] = [];
  isSlow = false;
  #release: () => void = () => undefined;

  send(
    message: WatchLicenseCapabilitiesResponse | EncodedMessage<WatchLicenseCapabilitiesResponse>,
  ): boolean {
    const isEncoded = message instanceof EncodedMessage;
    this.received.push(isEncoded ? WatchLicenseCapabilitiesResponse.decode(message.bytes) : message);
    return !this.isSlow;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  drain(): void {
    this.#release();
  }

  /** What was received, in short: the revision of a snapshot, or "beat". */
  get kinds(): readonly string[] {
    return this.received.map(({ snapshot }) => (snapshot ? `${snapshot.revision?.revision}` : "beat"));
  }
}

async function startWatch(heartbeatMs: number, includeUsage = false) {
  const platform = await createTestPlatform(ISSUED_AT);
  const hub = await platform.startHub(1_000 * DAY_MS);
  const { clock, timers } = platform.time;
  const controller = new AbortController();
  const context: RpcContext = {
    identity: { id: "token-1", kind: "token", name: "test", role: "service", expiresAt: undefined },
    requestId: "request-1",
    log: pino({ level: "silent" }),
    signal: controller.signal,
    deadline: undefined,
  };
  const reader = new Reader();
  const watch = createWatchLicenseCapabilities({ hub, clock, timers, heartbeatMs });
  const ended = watch({ includeUsage }, context, reader);
  await settled();
  return { ...platform, hub, reader, ended, end: () => controller.abort(new Error("gone")) };
}

test("a watch begins with a snapshot and a heartbeat, and beats from then on", async (t) => {
  const { time, hub, reader, ended, end } = await startWatch(10_000);
  t.deepEqual(reader.kinds, ["0", "beat"]);
  await time.pass(9_999);
  t.deepEqual(reader.kinds, ["0", "beat"]);
  await time.pass(1);
  t.deepEqual(reader.kinds, ["0", "beat", "beat"]);
  const { heartbeat } = reader.received[2] ?? {};
  t.is(heartbeat?.serverTime?.getTime(), ISSUED_AT + 10_000);
  t.is(heartbeat?.intervalMs, 10_000);
  end();
  await ended;
  await hub.close();
});

test("threat 28: a reader who does not keep up has one snapshot to come, the latest", async (t) => {
  const { hub, reader, install, ended, end } = await startWatch(10_000);
  reader.isSlow = true;
  await install({});
  await hub.refresh();
  await settled();
  t.deepEqual(reader.kinds, ["0", "beat", "1"]);
  for (const item of ["gpu", "sriov", "billing"]) {
    await install({ item, edition: undefined, quotas: undefined });
    await hub.refresh();
  }
  await settled();
  t.deepEqual(reader.kinds, ["0", "beat", "1"]);
  reader.isSlow = false;
  reader.drain();
  await settled();
  t.deepEqual(reader.kinds, ["0", "beat", "1", "4"]);
  end();
  await ended;
  await hub.close();
});

test("heartbeats do not pile up for a reader who does not keep up", async (t) => {
  const { time, hub, reader, ended, end } = await startWatch(1_000);
  reader.isSlow = true;
  await time.pass(1_000);
  await time.pass(60_000);
  t.deepEqual(reader.kinds, ["0", "beat", "beat"]);
  reader.isSlow = false;
  reader.drain();
  await settled();
  t.deepEqual(reader.kinds, ["0", "beat", "beat", "beat"]);
  end();
  await ended;
  await hub.close();
});

test("a heartbeat says that the database is away", async (t) => {
  const { time, store, hub, reader, ended, end } = await startWatch(1_000);
  store.failure = new Error("connection refused");
  await t.throwsAsync(hub.refresh());
  await time.pass(1_000);
  t.is(reader.received.at(-1)?.heartbeat?.staleSince?.getTime(), ISSUED_AT);
  end();
  await ended;
  await hub.close();
});

test("a watch that has ended leaves no subscription and no timer behind", async (t) => {
  const idle = await startWatch(1_000);
  t.is(idle.hub.subscriberCount, 1);
  idle.end();
  await idle.ended;
  t.is(idle.hub.subscriberCount, 0);
  await idle.hub.close();
  t.deepEqual(idle.time.delays(), []);

  const slow = await startWatch(1_000);
  slow.reader.isSlow = true;
  await slow.time.pass(1_000);
  slow.end();
  slow.reader.drain();
  await slow.ended;
  t.is(slow.hub.subscriberCount, 0);
  await slow.hub.close();
  t.deepEqual(slow.time.delays(), []);
});

test("a watch gets usage that changes no state only if it asked for it", async (t) => {
  for (const includeUsage of [false, true]) {
    const { store, hub, reader, ended, end } = await startWatch(10_000, includeUsage);
    store.use({ "base/vms": 3n });
    await hub.refreshUsage();
    await settled();
    t.deepEqual(reader.kinds, includeUsage ? ["0", "beat", "0"] : ["0", "beat"]);
    end();
    await ended;
    await hub.close();
  }
});
