import { HealthService } from "@license-service/contract/health";
import test from "ava";
import { accessTable, QUIET_PATHS, type ReflectionMode, RPC_ROLES } from "../../../src/rpc/roles.ts";
import { CONTRACT_RPCS } from "../../helpers/contract.ts";

const CONTRACT = CONTRACT_RPCS.map(({ path }) => path);

test("threat 2: every RPC of every service of the contract has roles, and nothing else has", (t) => {
  t.deepEqual(Object.keys(RPC_ROLES).sort(), [...CONTRACT].sort());
});

test("threat 2: the roles are those that the comments of the contract state", (t) => {
  const services = new Set(CONTRACT.map((path) => path.split("/")[1]));
  t.deepEqual([...services].sort(), [
    "license.v1.LicenseService",
    "license.v1.QuotaService",
    "license.v1.TokenService",
  ]);
  for (const { path, roles } of CONTRACT_RPCS) t.true(roles.length > 0, path);
  const stated = CONTRACT_RPCS.map(({ path, roles }) => [path, roles]);
  t.deepEqual({ ...RPC_ROLES }, Object.fromEntries(stated));
});

test("AP-5, threat 1: only health is open to strangers, and reflection if it is to be", (t) => {
  const openPaths = (mode: ReflectionMode) =>
    [...accessTable(mode)].filter(([, access]) => access === "open").map(([path]) => path);
  const health = Object.values(HealthService).map(({ path }) => path);
  const reflection = ["v1", "v1alpha"].map(
    (name) => `/grpc.reflection.${name}.ServerReflection/ServerReflectionInfo`,
  );
  t.deepEqual(openPaths("off").sort(), [...health].sort());
  t.deepEqual(openPaths("identity").sort(), [...health].sort());
  t.deepEqual(openPaths("open").sort(), [...health, ...reflection].sort());
  for (const path of reflection) {
    t.is(accessTable("identity").get(path), "identity");
    t.false(accessTable("off").has(path));
  }
});

test("no write and no read of customer data is quiet in the log", (t) => {
  t.deepEqual(
    CONTRACT.filter((path) => QUIET_PATHS.has(path)),
    ["/license.v1.LicenseService/GetLicenseCapabilities"],
  );
});
