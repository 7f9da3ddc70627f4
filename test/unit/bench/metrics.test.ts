import test from "ava";
import { countIn } from "../../bench/parts/metrics.ts";

const TEXT = `# HELP license_rpc_calls_total Calls that have ended.
# TYPE license_rpc_calls_total counter
license_rpc_calls_total{rpc="LicenseService/GetLicenseCapabilities",code="UNAUTHENTICATED"} 7
license_rpc_calls_total{rpc="LicenseService/GetLicenseCapabilities",code="OK"} 12345
license_rpc_calls_total{code="OK",rpc="LicenseService/GetLicenseInfo"} 3
`;

test("good calls of one RPC are counted, whatever the order of the labels", (t) => {
  t.is(countIn(TEXT, "LicenseService/GetLicenseCapabilities"), 12_345);
  t.is(countIn(TEXT, "LicenseService/GetLicenseInfo"), 3);
});

test("an RPC that was never called counts nothing", (t) => {
  t.is(countIn(TEXT, "LicenseService/UploadLicense"), 0);
});
