import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CapabilityReason,
  CapabilityState,
  ChangeCause,
  type RecordedChange,
} from "@license-service/contract";
import test from "ava";
import { createQuotaCall } from "../../helpers/quota-calls.ts";
import { nameOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";

function inShort({ key, cause, stateBefore, reasonBefore, stateAfter, reasonAfter }: RecordedChange): string {
  const before = `${nameOf(CapabilityState, stateBefore)} ${nameOf(CapabilityReason, reasonBefore)}`;
  const after = `${nameOf(CapabilityState, stateAfter)} ${nameOf(CapabilityReason, reasonAfter)}`;
  return `${key}: ${before} -> ${after} by ${nameOf(ChangeCause, cause)}`;
}

async function changesOf(rpc: RpcService, key: string): Promise<readonly string[]> {
  return (await rpc.call("listCapabilityChanges", { key })).changes.map(inShort);
}

test("a new platform has no history: its first state is where it begins", async (t) => {
  const rpc = await startRpcService(t);
  const { changes, nextPageToken, revision } = await rpc.call("listCapabilityChanges");
  t.deepEqual(changes, []);
  t.is(nextPageToken, "");
  t.is(revision?.revision, 0n);
});

test("uploads and deletions are told at once to who waits for their revision, with license and reason", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard" });
  const uploaded = await rpc.install({ item: "gpu" });
  const minRevision = uploaded.revision;
  const first = await rpc.call("listCapabilityChanges", { minRevision, key: "gpu" });
  const id = uploaded.licenses[0]?.license?.id ?? "";
  t.is(first.changes.length, 1);
  const [change] = first.changes;
  t.like(change, {
    key: "gpu",
    cause: ChangeCause.UPLOAD,
    stateAfter: CapabilityState.ENABLED,
    reasonAfter: CapabilityReason.GRANTED,
    revision: uploaded.revision,
    managementNodeId: (await rpc.call("getLicenseInfo")).managementNodeId,
  });
  t.true(change?.licenseIds.includes(id));
  t.true(change?.explanation.includes(id));
  t.deepEqual(change?.effectiveTime, uploaded.licenses[0]?.license?.uploadTime);
  const deleted = await rpc.call("deleteLicense", { item: "gpu" });
  await rpc.call("listCapabilityChanges", { minRevision: deleted.revision });
  t.deepEqual(await changesOf(rpc, "gpu"), [
    "gpu: ENABLED GRANTED -> DISABLED NOT_LICENSED by DELETION",
    "gpu: DISABLED NOT_LICENSED -> ENABLED GRANTED by UPLOAD",
  ]);
});

test("EV-5: why gpu went off at 03:12: an end is told with the license's own instant, though nobody asked then", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ edition: "standard" });
  const uploaded = await rpc.install({ item: "gpu", exp: now + 3_600 });
  rpc.clock.jump(86_400_000);
  const { changes } = await rpc.call("listCapabilityChanges", { key: "gpu", limit: 1 });
  const [change] = changes;
  t.is(change && inShort(change), "gpu: ENABLED GRANTED -> DISABLED EXPIRED by TIME");
  t.is(change?.effectiveTime?.getTime(), (now + 3_600) * 1000);
  t.deepEqual(change?.licenseIds, [uploaded.licenses[0]?.license?.id]);
  t.regex(change?.explanation ?? "", /gpu, paid\) ended at /);
});

test("a renewal that changes nothing is no change, and what comes after it is not blamed on it", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ edition: "standard" });
  await rpc.install({ item: "gpu", exp: now + 3_600 });
  const renewed = await rpc.install({ item: "gpu", exp: now + 7_200, iat: now - 60 });
  await rpc.call("listCapabilityChanges", { minRevision: renewed.revision });
  t.is((await changesOf(rpc, "gpu")).length, 1);
  rpc.clock.jump(86_400_000);
  t.deepEqual((await changesOf(rpc, "gpu"))[0], "gpu: ENABLED GRANTED -> DISABLED EXPIRED by TIME");
});

test("EV-8: a row edited by hand is told as tampering", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard" });
  await rpc.install({ item: "gpu" });
  await changesOf(rpc, "gpu");
  await rpc.query("update licenses set sequence_jws = 'broken' where item = 'gpu'");
  await rpc.call("reloadLicense");
  t.deepEqual((await changesOf(rpc, "gpu"))[0], "gpu: ENABLED GRANTED -> DISABLED NOT_LICENSED by TAMPERING");
});

test("US-TE-5, US-TE-6: a lock is told with the end that made it, and the re-acquisition that lifts it as such", async (t) => {
  const rpc = await startRpcService(t, { settings: { LICENSE_PROFILE: "unicloud-usphere" } });
  const now = Math.floor(rpc.clock.now() / 1000);
  const temporary = {
    profile: "unicloud-usphere",
    edition: "enterprise",
    term: "temporary",
    quotas: { cpus: 4 },
  } as const;
  await rpc.install({ ...temporary, exp: now + 3_600 });
  await rpc.install({ ...temporary, exp: now + 86_400 * 90 });
  rpc.clock.jump(7_200_000);
  const [locked] = (await rpc.call("listCapabilityChanges", { key: "compute" })).changes;
  t.is(locked && inShort(locked), "compute: ENABLED GRANTED -> VIEW_ONLY PLATFORM_LOCKED by TIME");
  t.is(locked?.effectiveTime?.getTime(), (now + 3_600) * 1000);
  const { revision } = await rpc.call("reloadLicense");
  await rpc.call("listCapabilityChanges", { minRevision: revision });
  t.is(
    (await changesOf(rpc, "compute"))[0],
    "compute: VIEW_ONLY PLATFORM_LOCKED -> ENABLED GRANTED by REACQUISITION",
  );
});

test("usage over a quota is told as soon as it was reported", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard", quotas: { cpus: 8 } });
  const token = (await readFile(join(rpc.place.dataDirectory, "admin-token"), "utf8")).trim();
  const call = createQuotaCall(t, rpc.service.address, token);
  await call("reportUsage", { usages: [{ meter: "base/cpus", amount: 9n }] });
  t.deepEqual(
    (await changesOf(rpc, "compute"))[0],
    "compute: ENABLED GRANTED -> RESTRICTED OVER_QUOTA by USAGE",
  );
  await call("reportUsage", { usages: [{ meter: "base/cpus", amount: 8n }] });
  t.deepEqual(
    (await changesOf(rpc, "compute"))[0],
    "compute: RESTRICTED OVER_QUOTA -> ENABLED GRANTED by USAGE",
  );
});

test("two nodes of a platform write one history, and both answer all of it", async (t) => {
  const first = await startRpcService(t);
  const second = await startRpcService(t, { beside: first });
  await first.install({ edition: "standard" });
  const { revision } = await second.install({ item: "gpu" });
  const fromSecond = await second.call("listCapabilityChanges", { minRevision: revision });
  const fromFirst = await first.call("listCapabilityChanges", { minRevision: revision });
  t.deepEqual(fromFirst.changes, fromSecond.changes);
  t.is(fromFirst.changes.filter(({ key }) => key === "gpu").length, 1);
  t.is(new Set(fromFirst.changes.map(({ key }) => key)).size, fromFirst.changes.length);
});

test("pages by token hold the whole history, the latest first", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const whole = await rpc.call("listCapabilityChanges");
  t.true(whole.changes.length > 4);
  const seen: bigint[] = [];
  let pageToken = "";
  do {
    const page = await rpc.call("listCapabilityChanges", { limit: 3, pageToken });
    t.true(page.changes.length <= 3);
    seen.push(...page.changes.map(({ sequence }) => sequence));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  t.deepEqual(
    seen,
    whole.changes.map(({ sequence }) => sequence),
  );
  t.deepEqual(
    seen.map(Number),
    seen.map((_, i) => seen.length - i),
  );
});

test("since and until cut by the effective instant", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ edition: "standard" });
  await rpc.install({ item: "gpu", exp: now + 3_600 });
  rpc.clock.jump(86_400_000);
  const end = new Date((now + 3_600) * 1000);
  const after = new Date(end.getTime() + 1);
  const list = async (filter: object) =>
    (await rpc.call("listCapabilityChanges", { key: "gpu", ...filter })).changes.length;
  t.is(await list({}), 2);
  t.is(await list({ since: end }), 1);
  t.is(await list({ since: after }), 0);
  t.is(await list({ until: end }), 1);
  t.is(await list({ until: after }), 2);
  t.is(await list({ since: end, until: end }), 0);
});

test("requests without sense are refused by field", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const { nextPageToken } = await rpc.call("listCapabilityChanges", { limit: 1 });
  const since = new Date("2026-01-02T00:00:00Z");
  const cases: readonly [request: object, field: string][] = [
    [{ limit: 0 }, "limit"],
    [{ limit: 1001 }, "limit"],
    [{ limit: 4_294_967_295 }, "limit"],
    [{ key: "gppu" }, "key"],
    [{ key: "g".repeat(10_000) }, "key"],
    [{ pageToken: "made up" }, "page_token"],
    [{ pageToken: nextPageToken, key: "compute" }, "page_token"],
    [{ since, until: new Date(since.getTime() - 1) }, "since"],
    [{ since: new Date("1969-12-31T23:59:59Z") }, "since"],
    [{ minRevision: { storeId: "", epoch: 1n, revision: 1n } }, "min_revision.store_id"],
  ];
  for (const [request, field] of cases) {
    const error = await rpcErrorOf(rpc.call("listCapabilityChanges", request));
    t.like(error, { code: 3, reason: "INVALID_REQUEST", fields: [field] }, JSON.stringify(field));
  }
});
