import { status } from "@grpc/grpc-js";
import {
  Capability,
  CapabilityReason,
  CapabilityState,
  OperationClass,
  WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import test from "ava";
import { retryWaitMs } from "../../../src/cli/watch/retry.ts";
import { createWatchdog, longestSilenceMs } from "../../../src/cli/watch/watchdog.ts";
import { runCli, startCli } from "./_capture.ts";
import { startScriptedServer, type WatchCall } from "./_scripted-server.ts";

const AT = new Date("2026-11-22T12:00:00Z");
const ENV = { LICENSECTL_TOKEN: "token" };
const WAYS_BACK = [OperationClass.STOP, OperationClass.DELETE, OperationClass.MIGRATE_AWAY];

const OFF = Capability.fromPartial({
  key: "gpu",
  state: CapabilityState.DISABLED,
  reason: CapabilityReason.NOT_LICENSED,
  operations: WAYS_BACK,
});
const ON = Capability.fromPartial({
  key: "gpu",
  state: CapabilityState.ENABLED,
  reason: CapabilityReason.GRANTED,
  operations: Object.values(OperationClass).filter((operation) => operation !== 0),
  expireTime: new Date("2026-12-22T12:00:00Z"),
});

function snapshot(revision: bigint, capability: Capability): WatchLicenseCapabilitiesResponse {
  return WatchLicenseCapabilitiesResponse.fromPartial({
    snapshot: {
      revision: { storeId: "store", epoch: 1n, revision },
      evaluatedAt: AT,
      profile: "zstack-cloud",
      capabilities: [capability],
    },
  });
}

function heartbeat(intervalMs: number): WatchLicenseCapabilitiesResponse {
  return WatchLicenseCapabilitiesResponse.fromPartial({ heartbeat: { intervalMs } });
}

function fail(call: WatchCall, code: number): void {
  call.emit("error", { code, details: "scripted" });
}

test("a watch sums up the first snapshot, then prints a line for each capability that changes", async (t) => {
  const address = await startScriptedServer(t, {}, (call) => {
    call.write(snapshot(1n, OFF));
    call.write(heartbeat(15_000));
    call.write(snapshot(2n, ON));
    call.write(snapshot(3n, ON));
  });
  const user = new AbortController();
  const { stdout, stderr, ended } = startCli(["watch", "--address", address], {
    env: ENV,
    interrupted: user.signal,
  });
  await stdout.until(/revision 3/);
  user.abort();
  t.is(await ended, 0);
  t.is(
    stdout.text(),
    [
      "2026-11-22T12:00:00Z zstack-cloud: 1 capabilities, 1 disabled; epoch 1, revision 1; next change: none",
      "2026-11-22T12:00:00Z gpu: DISABLED NOT_LICENSED -> ENABLED GRANTED, operations: all; until 2026-12-22T12:00:00Z",
      "2026-11-22T12:00:00Z no capability changed; epoch 1, revision 3; next change: none",
      "",
    ].join("\n"),
  );
  t.is(stderr.text(), "");
});

test("with --json a watch prints one snapshot a line, in the form of the contract", async (t) => {
  const address = await startScriptedServer(t, {}, (call) => {
    call.write(snapshot(1n, OFF));
    call.write(heartbeat(15_000));
    call.write(snapshot(9_007_199_254_740_993n, ON));
  });
  const user = new AbortController();
  const { stdout, ended } = startCli(["watch", "--json", "--address", address], {
    env: ENV,
    interrupted: user.signal,
  });
  await stdout.until(/\n.*\n/);
  user.abort();
  t.is(await ended, 0);
  const lines = stdout.text().trimEnd().split("\n");
  t.is(lines.length, 2);
  const messages = lines.map((line) => WatchLicenseCapabilitiesResponse.fromJSON(JSON.parse(line)));
  t.deepEqual(messages, [snapshot(1n, OFF), snapshot(9_007_199_254_740_993n, ON)]);
});

test("a lost watch is opened again, says so on stderr, and shows what changed meanwhile", async (t) => {
  const address = await startScriptedServer(t, {}, (call, attempt) => {
    if (attempt === 1) return fail(call, status.UNAVAILABLE);
    call.write(snapshot(1n, attempt === 0 ? OFF : ON));
    if (attempt === 0) fail(call, status.UNAVAILABLE);
  });
  const user = new AbortController();
  const { stdout, stderr, ended } = startCli(["watch", "--address", address], {
    env: ENV,
    interrupted: user.signal,
  });
  await stdout.until(/ENABLED/);
  user.abort();
  t.is(await ended, 0);
  t.regex(stdout.text(), /gpu: DISABLED NOT_LICENSED -> ENABLED GRANTED/);
  t.is(stderr.text().match(/Trying again in/g)?.length, 2);
});

test("a watch whose server falls silent is opened again", async (t) => {
  const address = await startScriptedServer(t, {}, (call, attempt) => {
    call.write(snapshot(BigInt(attempt), attempt === 0 ? OFF : ON));
    call.write(heartbeat(attempt === 0 ? 1 : 15_000));
  });
  const user = new AbortController();
  const { stdout, stderr, ended } = startCli(["watch", "--json", "--address", address], {
    env: ENV,
    interrupted: user.signal,
  });
  await stdout.until(/ENABLED/);
  user.abort();
  t.is(await ended, 0);
  t.like(JSON.parse(stderr.text()), { notice: { reason: "STREAM_LOST" } });
});

test("a watch that never made contact ends with exit code 3", async (t) => {
  const address = await startScriptedServer(t, {}, (call) => fail(call, status.UNAVAILABLE));
  t.is((await runCli(["watch", "--address", address], { env: ENV })).code, 3);
});

test("a watch that gets no first answer in time ends with exit code 3", async (t) => {
  const address = await startScriptedServer(t, {}, () => {});
  const result = await runCli(["watch", "--address", address, "--timeout", "50ms"], { env: ENV });
  t.is(result.code, 3);
  t.regex(result.stderr, /silent for 50 ms/);
});

test("a watch whose token is refused, even later, ends with exit code 4", async (t) => {
  const address = await startScriptedServer(t, {}, (call, attempt) => {
    if (attempt === 0) call.write(snapshot(1n, OFF));
    fail(call, attempt === 0 ? status.UNAVAILABLE : status.UNAUTHENTICATED);
  });
  const result = await runCli(["watch", "--address", address], { env: ENV });
  t.is(result.code, 4);
  t.regex(result.stderr, /Trying again.*\nnot allowed/);
});

test("waits between attempts double from half a second to half a minute, with a random half", (t) => {
  const longest = [0, 1, 2, 5, 6, 50, 5000].map((attempt) => retryWaitMs(attempt, () => 1));
  t.deepEqual(longest, [500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
  t.is(
    retryWaitMs(1, () => 0),
    500,
  );
});

test("the watchdog barks after the promised silence, once, and not when it was stopped", async (t) => {
  t.is(longestSilenceMs(15_000), 31_000);
  const barked = Promise.withResolvers<number>();
  const stopped = createWatchdog(1, () => t.fail("stopped watchdogs do not bark"));
  stopped.stop();
  createWatchdog(1, barked.resolve);
  t.is(await barked.promise, 1);
});
