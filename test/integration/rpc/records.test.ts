import { LicenseStatus, ManagementType, SortBy, SortDirection } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { nameOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";

async function statusesOf(rpc: RpcService): Promise<readonly string[]> {
  const sortBy = { sortBy: SortBy.UPLOADED, sortDirection: SortDirection.ASCENDING };
  const { records } = await rpc.call("getLicenseRecords", sortBy);
  return records.map(({ item, status }) => `${item} ${nameOf(LicenseStatus, status)}`);
}

test("ZV-RE-1: records add up: each upload is one line, and tells what became of its license", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  const packageBytes = Buffer.from(await rpc.issue({ iat: now - 100 }));
  await rpc.call("uploadLicense", { package: packageBytes });
  await rpc.call("uploadLicense", { package: packageBytes });
  await rpc.install({ iat: now - 90, quotas: { cpus: 128 } });
  await rpc.install({ item: "cdp", exp: now + 60 });
  await rpc.install({ item: "backup", quotas: { vms: 10 }, nbf: now + 86_400 });
  await rpc.install({ item: "tenant-management" });
  await rpc.call("deleteLicense", { item: "tenant-management" });
  rpc.clock.jump(3_600_000);
  t.deepEqual(await statusesOf(rpc), [
    "base REPLACED",
    "base VALID",
    "cdp EXPIRED",
    "backup PENDING",
    "tenant-management DELETED",
  ]);
  const { records, total } = await rpc.call("getLicenseRecords", { replyWithCount: true });
  t.is(total, 5n);
  t.deepEqual(
    records.map(({ uploadSequence }) => uploadSequence),
    [5n, 4n, 3n, 2n, 1n],
  );
  t.is(new Set(records.map(({ id }) => id)).size, 5);
});

test("AP-3: a record holds what the license says and where it was uploaded", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  const claims = {
    iat: now - 50,
    nbf: now - 40,
    exp: now + 60,
    contract_number: "C-7",
    product_name: "Cloud",
  };
  const uploaded = await rpc.install(claims);
  const [record] = (await rpc.call("getLicenseRecords")).records;
  t.like(record, {
    licenseId: uploaded.licenses[0]?.license?.id,
    item: "base",
    edition: "enterprise",
    user: "Example Customer",
    productInfo: "Cloud",
    contractNumber: "C-7",
    managementType: ManagementType.PRIMARY,
    managementNodeId: (await rpc.call("getLicenseInfo")).managementNodeId,
    expired: false,
    uploadSequence: 1n,
  });
  t.is(record?.issuedTime?.getTime(), (now - 50) * 1000);
  t.is(record?.startTime?.getTime(), (now - 40) * 1000);
  t.is(record?.expireTime?.getTime(), (now + 60) * 1000);
  t.deepEqual(record?.uploadTime, uploaded.licenses[0]?.license?.uploadTime);
  t.deepEqual(record?.quotas, [{ unit: "cpus", amount: 64n }]);
});

test("AP-3: pages follow each other by token; the total comes only when asked for", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  for (const item of ["gpu", "sriov", "billing", "cdp"]) await rpc.install({ item });
  const first = await rpc.call("getLicenseRecords", { limit: 2 });
  t.is(first.total, undefined);
  t.deepEqual(
    first.records.map(({ uploadSequence }) => uploadSequence),
    [5n, 4n],
  );
  const second = await rpc.call("getLicenseRecords", { limit: 2, pageToken: first.nextPageToken });
  t.deepEqual(
    second.records.map(({ uploadSequence }) => uploadSequence),
    [3n, 2n],
  );
  const third = await rpc.call("getLicenseRecords", { limit: 2, pageToken: second.nextPageToken });
  t.deepEqual(
    third.records.map(({ uploadSequence }) => uploadSequence),
    [1n],
  );
  t.is(third.nextPageToken, "");
  const skipped = await rpc.call("getLicenseRecords", { limit: 2, start: 3 });
  t.deepEqual(
    skipped.records.map(({ uploadSequence }) => uploadSequence),
    [2n, 1n],
  );
  const count = await rpc.call("getLicenseRecords", { count: true });
  t.deepEqual([count.total, count.records], [5n, []]);
});

test("AP-3: 20 records are answered unless more are asked for, and no end sorts last in ascending order", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ exp: undefined });
  for (let i = 0; i < 21; i++) await rpc.install({ item: "gpu", iat: now - 1_000 + i, exp: now + 1_000 + i });
  t.is((await rpc.call("getLicenseRecords")).records.length, 20);
  const order = { sortBy: SortBy.EXPIRED, sortDirection: SortDirection.ASCENDING, limit: 100 };
  const { records } = await rpc.call("getLicenseRecords", order);
  t.is(records.length, 22);
  t.is(records[21]?.item, "base");
  t.is(records[0]?.expireTime?.getTime(), (now + 1_000) * 1000);
});

test("AP-3: requests that contradict themselves are refused by field", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  await rpc.install({ item: "gpu" });
  const { nextPageToken } = await rpc.call("getLicenseRecords", { limit: 1 });
  const cases: readonly [request: object, field: string][] = [
    [{ sortBy: SortBy.ISSUED }, "sort_direction"],
    [{ sortDirection: SortDirection.DESCENDING }, "sort_by"],
    [{ sortBy: 9, sortDirection: SortDirection.DESCENDING }, "sort_by"],
    [{ sortBy: SortBy.ISSUED, sortDirection: 9 }, "sort_direction"],
    [{ start: 0, pageToken: nextPageToken }, "page_token"],
    [{ pageToken: "made up" }, "page_token"],
    [
      { pageToken: nextPageToken, sortBy: SortBy.ISSUED, sortDirection: SortDirection.ASCENDING },
      "page_token",
    ],
    [{ limit: 0 }, "limit"],
    [{ limit: 1001 }, "limit"],
  ];
  for (const [request, field] of cases) {
    const error = await rpcErrorOf(rpc.call("getLicenseRecords", request));
    t.like(error, { code: 3, reason: "INVALID_REQUEST", fields: [field] }, JSON.stringify(request));
  }
});

test("a record outlives its license, and a license its end", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  rpc.clock.jump(400 * DAY_MS);
  t.deepEqual(await statusesOf(rpc), ["base EXPIRED"]);
  await rpc.call("deleteLicense", { item: "base" });
  t.deepEqual(await statusesOf(rpc), ["base DELETED"]);
});
