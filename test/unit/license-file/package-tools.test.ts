import { execFileSync } from "node:child_process";
import test from "ava";
import { AuthorityError } from "../../../src/license-file/authority-error.ts";
import { inspectPackage } from "../../../src/license-file/inspect-package.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { readPackage } from "../../../src/license-file/read-package.ts";
import { createTestPlatformKey, createTestVendor, issue } from "../../helpers/vendor.ts";
import { rawTar } from "./_tar.ts";

const vendor = await createTestVendor();
const platform = await createTestPlatformKey();
const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
const license = await issue(vendor, platform.thumbprint);

test("a packed package is read back file by file, in the order of packing", async (t) => {
  const files = [
    { fileName: "z/许可证.lic", signedBytes: await issue(vendor, platform.thumbprint, { jti: "1" }) },
    { fileName: "a.lic", signedBytes: license },
  ];
  const bytes = await packLicenses(files.slice(1));
  t.deepEqual((await readPackage(bytes, vendor.trust, expected)).refusals, []);
  const names = ["z/base.lic", "a.lic"];
  const both = await packLicenses(files.map((file, index) => ({ ...file, fileName: names[index] ?? "" })));
  const reading = await readPackage(both, vendor.trust, expected);
  t.deepEqual(
    reading.files.map((file) => [file.fileName, file.signedBytes]),
    files.map((file, index) => [names[index], file.signedBytes]),
  );
});

test("a packed package can be listed with the system's tar", async (t) => {
  const bytes = await packLicenses([{ fileName: "base.lic", signedBytes: license }]);
  t.is(execFileSync("tar", ["-tzf", "-"], { input: bytes }).toString(), "base.lic\n");
});

test("a package that the system's tar made is read", async (t) => {
  const make =
    "d=$(mktemp -d) && mkdir $d/licenses && cat > $d/licenses/base.lic && tar -C $d -czf - . && rm -r $d";
  const bytes = execFileSync("sh", ["-c", make], { input: license });
  const reading = await readPackage(bytes, vendor.trust, expected);
  t.deepEqual(reading.refusals, []);
  t.deepEqual(
    reading.files.map((file) => file.fileName),
    ["licenses/base.lic"],
  );
});

test("what readers would refuse is not packed", async (t) => {
  const names = [[], ["../a"], ["/a"], [".a"], [""], ["a", "A"], ["x".repeat(101)], ["许".repeat(34)]];
  for (const list of names) {
    const files = list.map((fileName) => ({ fileName, signedBytes: license }));
    await t.throwsAsync(packLicenses(files), { instanceOf: AuthorityError }, JSON.stringify(list));
  }
});

test("inspecting shows header and claims without a trust store, and says that nothing was checked", async (t) => {
  const [file, ...rest] = await inspectPackage(Buffer.from(license));
  t.is(rest.length, 0);
  t.like(file, {
    fileName: "",
    header: { alg: "EdDSA", typ: "license+jwt", kid: "vendor-1" },
    claims: { item: "base", quotas: { cpus: 64 } },
    verdict: "NOT_CHECKED",
  });
});

test("inspecting with a trust store tells who signed, whatever platform it is for", async (t) => {
  const stranger = await createTestVendor({ keyId: "stranger" });
  const archive = rawTar(
    { name: "good.lic", data: license },
    { name: "strange.lic", data: await issue(stranger, platform.thumbprint) },
    { name: "junk.txt", data: "hello" },
    { name: "../up.lic", data: license },
  );
  const files = await inspectPackage(archive, vendor.trust);
  t.deepEqual(
    files.map((file) => [file.fileName, file.verdict, file.refusal?.reason, typeof file.claims]),
    [
      ["good.lic", "VERIFIED", undefined, "object"],
      ["strange.lic", "REFUSED", "UNKNOWN_VENDOR_KEY", "object"],
      ["junk.txt", "REFUSED", "NOT_A_LICENSE", "undefined"],
      ["../up.lic", "REFUSED", "ARCHIVE_INVALID", "undefined"],
    ],
  );
});
