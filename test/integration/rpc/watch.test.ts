import type { WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

type Message = WatchLicenseCapabilitiesResponse;
const isSnapshot = ({ snapshot }: Message) => snapshot !== undefined;
const isHeartbeat = ({ heartbeat }: Message) => heartbeat !== undefined;

test("a watch sends the snapshot at once, a heartbeat right after, and heartbeats from then on", async (t) => {
  const rpc = await startRpcService(t, { heartbeatMs: 100 });
  const stream = rpc.watch();
  const { snapshot } = await stream.next();
  t.is(standingOf(snapshot, "compute"), "ENABLED GRANTED");
  const { heartbeat } = await stream.next();
  t.deepEqual(heartbeat?.revision, snapshot?.revision);
  t.is(heartbeat?.intervalMs, 100);
  t.truthy(heartbeat?.serverTime);
  await stream.next(isHeartbeat);
  await stream.next(isHeartbeat);
});

test("an upload and a deletion are pushed to watchers", async (t) => {
  const rpc = await startRpcService(t);
  const stream = rpc.watch();
  await stream.next(isSnapshot);
  const uploaded = await rpc.install();
  const pushed = await stream.next(isSnapshot);
  t.deepEqual(pushed.snapshot?.revision, uploaded.revision);
  t.is(standingOf(pushed.snapshot, "gpu"), "ENABLED GRANTED");
  const deleted = await rpc.call("deleteLicense", { item: "base" });
  const last = await stream.next(isSnapshot);
  t.deepEqual(last.snapshot?.revision, deleted.revision);
  t.is(standingOf(last.snapshot, "gpu"), "DISABLED NOT_LICENSED");
});

test("EV-4: the end of a license is pushed at its second, with no request", async (t) => {
  const rpc = await startRpcService(t);
  const exp = Math.ceil(rpc.clock.now() / 1000) + 6;
  await rpc.install({ exp });
  const stream = rpc.watch();
  const first = await stream.next(isSnapshot);
  t.is(standingOf(first.snapshot, "gpu"), "ENABLED GRANTED");
  t.is(first.snapshot?.nextChangeAt?.getTime(), exp * 1000);
  const ended = await stream.next(isSnapshot);
  t.is(standingOf(ended.snapshot, "gpu"), "VIEW_ONLY EXPIRED");
  t.is(standingOf(ended.snapshot, "compute"), "VIEW_ONLY EXPIRED");
  t.true((ended.snapshot?.evaluatedAt?.getTime() ?? 0) >= exp * 1000);
  t.deepEqual(ended.snapshot?.revision, first.snapshot?.revision);
});

test("a clock that jumps over an end is noticed within the poll, with no request", async (t) => {
  const rpc = await startRpcService(t, { pollMs: 100 });
  await rpc.install();
  const stream = rpc.watch();
  await stream.next(isSnapshot);
  rpc.clock.jump(366 * DAY_MS);
  t.is(standingOf((await stream.next(isSnapshot)).snapshot, "gpu"), "VIEW_ONLY EXPIRED");
});

test("a revision of another node is pushed to this node's watchers", async (t) => {
  const rpc = await startRpcService(t, { pollMs: 100 });
  const stream = rpc.watch();
  const first = await stream.next(isSnapshot);
  // Without NOTIFY, as through a pooler that swallows it.
  await rpc.query("update store set revision = revision + 1");
  const { snapshot } = await stream.next(isSnapshot);
  t.is(snapshot?.revision?.revision, (first.snapshot?.revision?.revision ?? 0n) + 1n);
});

test("threat 28: a reader who does not keep up is sent the latest snapshot, not all of them", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const stream = rpc.watch();
  await stream.next(isSnapshot);
  stream.pause();
  const changes = 160;
  let last = 0n;
  for (let i = 0; i < changes / 2; i++) {
    await rpc.install({ item: "gpu", iat: Math.floor(rpc.clock.now() / 1000) - 1_000 + i });
    last = (await rpc.call("deleteLicense", { item: "gpu" })).revision?.revision ?? 0n;
  }
  stream.resume();
  let received = 0;
  await stream.next(({ snapshot }) => {
    if (snapshot !== undefined) received++;
    return snapshot?.revision?.revision === last;
  });
  t.true(received < changes, `${received} snapshots of ${changes}`);
});

test("a watch ends with UNAVAILABLE when the server stops", async (t) => {
  const rpc = await startRpcService(t);
  const stream = rpc.watch();
  await stream.next(isHeartbeat);
  await rpc.service.stop();
  t.like(await stream.ended(), { code: 14, reason: "SHUTTING_DOWN" });
});
