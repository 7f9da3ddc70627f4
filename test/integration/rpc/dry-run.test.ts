/** What uploads and deletions say before they are made: of quotas against what is in use, and of alerts. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  AlertKind,
  CapabilityReason,
  CapabilityState,
  type DeleteLicenseResponse,
  type UploadLicenseResponse,
} from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { createQuotaCall } from "../../helpers/quota-calls.ts";
import { nameOf, standingOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import {
  type IssueClaims,
  type RpcService,
  startRpcService,
  type Teardown,
} from "../../helpers/rpc-service.ts";

type Answer = UploadLicenseResponse | DeleteLicenseResponse;

/** The part of an answer that a dry run must foretell. */
function changesOf({ capabilityChanges, quotaChanges, startedAlerts, stoppedAlerts }: Answer) {
  const [started, stopped] = [startedAlerts, stoppedAlerts].map((alerts) =>
    alerts.map(({ kind, subject }) => `${nameOf(AlertKind, kind)} ${subject}`),
  );
  return { capabilityChanges, quotaChanges, started, stopped };
}

/** Uploads dry, which writes nothing, and then for real, which says the same. */
async function uploadTwice(rpc: RpcService, claims: IssueClaims): Promise<UploadLicenseResponse> {
  const packageBytes = Buffer.from(await rpc.issue(claims));
  const before = await rpc.dump();
  const dry = await rpc.call("uploadLicense", { package: packageBytes, validateOnly: true });
  if ((await rpc.dump()) !== before) throw new Error("the dry run wrote");
  const real = await rpc.call("uploadLicense", { package: packageBytes });
  if (!isDeepStrictEqual(changesOf(dry), changesOf(real))) throw new Error("the dry run said something else");
  return real;
}

/** Says that 40 CPUs are in use. */
async function useCpus(t: Teardown, rpc: RpcService): Promise<void> {
  const token = await readFile(join(rpc.place.dataDirectory, "admin-token"), "utf8");
  const call = createQuotaCall(t, rpc.service.address, token.trim());
  await call("reportUsage", { usages: [{ meter: "base/cpus", amount: 40n }] });
}

test("EV-7: a smaller license is taken, and says which meter is over, by how much, and which alert begins", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  await useCpus(t, rpc);
  const iat = Math.floor(rpc.clock.now() / 1000) - 10;
  const smaller = await uploadTwice(rpc, { iat, quotas: { cpus: 32 } });
  t.deepEqual(smaller.quotaChanges, [
    {
      key: "base/cpus",
      limitBefore: 64n,
      limitAfter: 32n,
      usedBefore: 40n,
      usedAfter: 40n,
      overBefore: false,
      overAfter: true,
      overBy: 8n,
    },
  ]);
  t.like(changesOf(smaller), { started: ["INSUFFICIENT_QUOTA base/cpus"], stopped: [] });
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "compute"), "RESTRICTED OVER_QUOTA");
  const larger = await uploadTwice(rpc, { iat: iat + 1, quotas: { cpus: 48 } });
  t.like(larger.quotaChanges[0], { overBefore: true, overAfter: false, overBy: 0n });
  t.like(changesOf(larger), { started: [], stopped: ["INSUFFICIENT_QUOTA base/cpus"] });
});

test("LI-7, EV-10: the dry run of deleting the last base says what becomes of its modules, its quotas and the alerts", async (t) => {
  const rpc = await startRpcService(t);
  const end = Math.floor((rpc.clock.now() + 5 * DAY_MS) / 1000);
  await rpc.install({ edition: "standard", exp: end });
  await rpc.install({ item: "gpu" });
  await useCpus(t, rpc);
  const before = await rpc.dump();
  const dry = await rpc.call("deleteLicense", { item: "base", validateOnly: true });
  t.is(await rpc.dump(), before);
  t.like(
    dry.capabilityChanges.find(({ key }) => key === "gpu"),
    { stateAfter: CapabilityState.DISABLED, reasonAfter: CapabilityReason.BASE_MISSING },
  );
  t.like(changesOf(dry), { started: [], stopped: ["LICENSE_TO_EXPIRE base"] });
  t.like(
    dry.quotaChanges.find(({ key }) => key === "base/cpus"),
    { limitBefore: 64n, limitAfter: undefined, usedAfter: 40n, overAfter: false },
  );
  t.deepEqual(changesOf(await rpc.call("deleteLicense", { item: "base" })), changesOf(dry));
});

function startUsphere(t: Teardown): Promise<RpcService> {
  return startRpcService(t, { settings: { LICENSE_PROFILE: "unicloud-usphere" } });
}

function formal(claims: IssueClaims): IssueClaims {
  const formalOnes = { profile: "unicloud-usphere", term: "formal" as const, exp: undefined };
  return { ...formalOnes, edition: "standard", quotas: { cpus: 32 }, ...claims };
}

test("US-UP-1: upgrades that do not match are refused with both numbers, dry and for real, and nothing is written", async (t) => {
  const rpc = await startUsphere(t);
  await rpc.install(formal({}));
  const before = await rpc.dump();
  const upgrade = formal({ from_edition: "standard", edition: "enterprise", quotas: { cpus: 31 } });
  const bytes = Buffer.from(await rpc.issue(upgrade));
  for (const validateOnly of [true, false]) {
    const refused = await rpcErrorOf(rpc.call("uploadLicense", { package: bytes, validateOnly }));
    t.like(refused, { code: 9, reason: "UPGRADE_MISMATCH", refusals: [": UPGRADE_MISMATCH"] });
    t.like(refused.metadata, { upgrades: "31", to_upgrade: "32", unit: "cpus", from_edition: "standard" });
    t.regex(refused.message, /for 31 cpus, and there are 32 cpus/);
  }
  t.is(await rpc.dump(), before);
  const right = await rpc.install({ ...upgrade, quotas: { cpus: 32 } });
  t.is(right.licenses[0]?.license?.fromEdition, "standard");
  t.is((await rpc.call("getLicenseInfo")).bases.find(({ item }) => item === "base")?.edition, "enterprise");
});

test("US-ED-1: another edition alone is refused, and with upgrades in one package it is taken", async (t) => {
  const rpc = await startUsphere(t);
  await rpc.install(formal({}));
  const other = await rpc.issue(formal({ edition: "enterprise", quotas: { cpus: 8 } }));
  const refused = await rpcErrorOf(rpc.call("uploadLicense", { package: Buffer.from(other) }));
  t.like(refused, { code: 9, reason: "EDITION_CONFLICT" });
  t.like(refused.metadata, { edition: "enterprise", other_edition: "standard", item: "base" });
  const upgrade = await rpc.issue(formal({ from_edition: "standard", edition: "enterprise" }));
  const bytes = await packLicenses([
    { fileName: "upgrade.lic", signedBytes: upgrade },
    { fileName: "more.lic", signedBytes: other },
  ]);
  const taken = await rpc.call("uploadLicense", { package: Buffer.from(bytes) });
  t.deepEqual(
    taken.licenses.map(({ fileName }) => fileName),
    ["more.lic", "upgrade.lic"],
  );
  const { meters } = (await rpc.call("getLicenseInfo")).bases[0] ?? {};
  t.is(meters?.find(({ key }) => key === "base/cpus")?.limit, 40n);
});

test("LI-7, US-TE-2, US-CO-2: what cannot be uninstalled is refused by id and by item, dry and for real", async (t) => {
  const rpc = await startUsphere(t);
  const { licenses } = await rpc.install(formal({}));
  const exp = Math.floor(rpc.clock.now() / 1000) + 86_400;
  await rpc.install({
    ...formal({ term: "temporary", edition: undefined, item: "isc" }),
    exp,
    quotas: { vms: 5 },
  });
  const before = await rpc.dump();
  for (const target of [{ licenseId: licenses[0]?.license?.id ?? "" }, { item: "base" }, { item: "isc" }]) {
    for (const validateOnly of [true, false]) {
      const refused = await rpcErrorOf(rpc.call("deleteLicense", { ...target, validateOnly }));
      t.like(refused, { code: 9, reason: "NOT_UNINSTALLABLE" });
    }
  }
  t.is(await rpc.dump(), before);
});

test("US-FE-1: another pack size is refused, naming those that there are", async (t) => {
  const rpc = await startUsphere(t);
  const pack = (hosts: number) => formal({ item: "migration", edition: undefined, quotas: { hosts } });
  const refused = await rpcErrorOf(rpc.install(pack(20)));
  t.like(refused, { code: 3, reason: "PACK_SIZE" });
  t.regex(refused.message, /packs of 1, 10, 50, 100; this license is for 20\./);
  await rpc.install(pack(10));
  await rpc.install(pack(10));
  const { capabilities } = await rpc.call("getLicenseCapabilities");
  const meters = capabilities.find(({ key }) => key === "migration")?.meters;
  t.is(meters?.[0]?.limit, 20n);
});
