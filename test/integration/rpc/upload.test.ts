import { LicenseStatus, UploadOutcome } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { nameOf, standingOf } from "../../helpers/rpc-answers.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

/** The part of a quota change that is about use, where nothing is in use. */
const UNUSED = { usedBefore: 0n, usedAfter: 0n, overBefore: false, overAfter: false, overBy: 0n };

test("ZC-AM-2: a package of base and modules is installed as a whole, and every answer follows", async (t) => {
  const rpc = await startRpcService(t);
  const bytes = await packLicenses([
    { fileName: "gpu.jws", signedBytes: await rpc.issue({ item: "gpu" }) },
    { fileName: "base.jws", signedBytes: await rpc.issue({ edition: "standard", quotas: { cpus: 8 } }) },
  ]);
  const answer = await rpc.call("uploadLicense", { package: Buffer.from(bytes) });
  t.is(answer.revision?.revision, 1n);
  t.deepEqual(
    answer.licenses.map(({ fileName }) => fileName),
    ["base.jws", "gpu.jws"],
  );
  t.deepEqual(
    answer.licenses.map(({ license }) => license?.uploadSequence),
    [1n, 2n],
  );
  for (const { outcome, license, inForceLicenseId } of answer.licenses) {
    t.is(outcome, UploadOutcome.INSTALLED);
    t.is(license?.status, LicenseStatus.VALID);
    t.is(inForceLicenseId, license?.id ?? "");
  }
  t.deepEqual(answer.quotaChanges, [{ key: "base/cpus", limitBefore: undefined, limitAfter: 8n, ...UNUSED }]);
  t.true(answer.capabilityChanges.some(({ key }) => key === "gpu"));
  const keys = answer.capabilityChanges.map(({ key }) => key);
  t.deepEqual(keys, keys.toSorted());
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "ENABLED GRANTED");
});

test("a dry run answers as the upload that follows it, and writes nothing", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard" });
  const packageBytes = Buffer.from(await rpc.issue({ quotas: { cpus: 128 } }));
  const before = await rpc.dump();
  const dry = await rpc.call("uploadLicense", { package: packageBytes, validateOnly: true });
  t.is(await rpc.dump(), before);
  t.true(dry.validateOnly);
  t.is(dry.revision?.revision, 1n);
  const real = await rpc.call("uploadLicense", { package: packageBytes });
  t.false(real.validateOnly);
  t.is(real.revision?.revision, 2n);
  t.deepEqual(dry.capabilityChanges, real.capabilityChanges);
  t.deepEqual(dry.quotaChanges, real.quotaChanges);
  t.deepEqual(dry.replacedLicenseIds, real.replacedLicenseIds);
  t.is(dry.licenses[0]?.inForceLicenseId, real.licenses[0]?.license?.id);
  t.is(dry.licenses[0]?.license?.uploadSequence, 2n);
});

test("LI-3: a later upload of the same item replaces the earlier one, which is named", async (t) => {
  const rpc = await startRpcService(t);
  const first = await rpc.install();
  const second = await rpc.install({ quotas: { cpus: 128 }, iat: Math.floor(rpc.clock.now() / 1000) - 10 });
  t.deepEqual(second.replacedLicenseIds, [first.licenses[0]?.license?.id ?? ""]);
  t.deepEqual(second.quotaChanges, [{ key: "base/cpus", limitBefore: 64n, limitAfter: 128n, ...UNUSED }]);
  t.deepEqual(second.capabilityChanges, []);
  const info = await rpc.call("getLicenseInfo");
  t.is(info.license?.id, second.licenses[0]?.license?.id);
  t.deepEqual(
    info.additions.map(({ status }) => nameOf(LicenseStatus, status)),
    ["REPLACED"],
  );
});

test("EV-6: a pending renewal is installed beside the license in force, which is named", async (t) => {
  const rpc = await startRpcService(t);
  const first = await rpc.install();
  const later = Math.floor(rpc.clock.now() / 1000) + 86_400;
  const renewal = await rpc.install({ nbf: later, exp: later + 86_400 });
  t.is(renewal.licenses[0]?.license?.status, LicenseStatus.PENDING);
  t.is(renewal.licenses[0]?.inForceLicenseId, first.licenses[0]?.license?.id);
  t.deepEqual(renewal.replacedLicenseIds, []);
});

test("LI-2, threat 12: the same bytes again are accepted and change nothing, even after their end", async (t) => {
  const rpc = await startRpcService(t);
  const packageBytes = Buffer.from(await rpc.issue());
  const first = await rpc.call("uploadLicense", { package: packageBytes });
  const dump = await rpc.dump();
  const again = await rpc.call("uploadLicense", { package: packageBytes });
  t.deepEqual(again.revision, first.revision);
  t.is(again.licenses[0]?.outcome, UploadOutcome.ALREADY_INSTALLED);
  t.is(again.licenses[0]?.inForceLicenseId, first.licenses[0]?.license?.id);
  t.deepEqual([again.capabilityChanges, again.quotaChanges, again.replacedLicenseIds], [[], [], []]);
  rpc.clock.jump(400 * DAY_MS);
  const late = await rpc.call("uploadLicense", { package: packageBytes });
  t.is(late.licenses[0]?.outcome, UploadOutcome.ALREADY_INSTALLED);
  t.is(late.licenses[0]?.license?.status, LicenseStatus.EXPIRED);
  t.is(late.licenses[0]?.inForceLicenseId, "");
  t.is(await rpc.dump(), dump);
});

test("LI-2: a license that is in a package twice counts once, and one known file does not hold up the others", async (t) => {
  const rpc = await startRpcService(t);
  const base = await rpc.issue();
  await rpc.call("uploadLicense", { package: Buffer.from(base) });
  const gpu = await rpc.issue({ item: "gpu" });
  const bytes = await packLicenses([
    { fileName: "one.jws", signedBytes: gpu },
    { fileName: "base.jws", signedBytes: base },
    { fileName: "two.jws", signedBytes: gpu },
  ]);
  const answer = await rpc.call("uploadLicense", { package: Buffer.from(bytes) });
  t.deepEqual(
    answer.licenses.map(({ fileName, outcome }) => `${fileName} ${nameOf(UploadOutcome, outcome)}`),
    ["base.jws ALREADY_INSTALLED", "one.jws INSTALLED"],
  );
  t.is((await rpc.call("getLicenseRecords", { count: true })).total, 2n);
});

test("LI-6: a deleted license can be uploaded again and gets a new sequence", async (t) => {
  const rpc = await startRpcService(t);
  const packageBytes = Buffer.from(await rpc.issue());
  await rpc.call("uploadLicense", { package: packageBytes });
  await rpc.call("deleteLicense", { item: "base" });
  const again = await rpc.call("uploadLicense", { package: packageBytes });
  t.is(again.licenses[0]?.outcome, UploadOutcome.INSTALLED);
  t.is(again.licenses[0]?.license?.uploadSequence, 2n);
});

test("uploads that come at once are each installed, with sequences of their own", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const items = ["gpu", "sriov", "billing", "orchestration", "autoscaling", "smart-nic"];
  const answers = await Promise.all(items.map((item) => rpc.install({ item })));
  const sequences = answers.map(({ licenses }) => licenses[0]?.license?.uploadSequence);
  t.deepEqual(sequences.toSorted(), [2n, 3n, 4n, 5n, 6n, 7n]);
  const revisions = answers.map(({ revision }) => revision?.revision);
  t.deepEqual(revisions.toSorted(), [2n, 3n, 4n, 5n, 6n, 7n]);
  t.is((await rpc.call("getLicenseInfo")).additions.length, 6);
});

test("the same license uploaded many times at once is installed once", async (t) => {
  const rpc = await startRpcService(t);
  const packageBytes = Buffer.from(await rpc.issue());
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => rpc.call("uploadLicense", { package: packageBytes })),
  );
  const outcomes = answers.map(({ licenses }) => nameOf(UploadOutcome, licenses[0]?.outcome));
  t.is(outcomes.filter((outcome) => outcome === "INSTALLED").length, 1);
  t.is(outcomes.filter((outcome) => outcome === "ALREADY_INSTALLED").length, 7);
  t.is((await rpc.call("getLicenseRecords", { count: true })).total, 1n);
});
