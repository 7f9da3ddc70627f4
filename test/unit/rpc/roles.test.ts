import { readFileSync } from "node:fs";
import { LicenseServiceService } from "@license-service/contract";
import { HealthService } from "@license-service/contract/health";
import test from "ava";
import { accessTable, QUIET_PATHS, type ReflectionMode, RPC_ROLES } from "../../../src/rpc/roles.ts";

const CONTRACT = Object.values(LicenseServiceService).map(({ path }) => path);

test("threat 2: every RPC of the contract has roles, and nothing else has", (t) => {
  t.deepEqual(Object.keys(RPC_ROLES).sort(), [...CONTRACT].sort());
});

test("threat 2: the roles are those that the comments of the contract state", (t) => {
  const proto = readFileSync(
    new URL("../../../proto/license/v1/license_service.proto", import.meta.url),
    "utf8",
  );
  const stated = [...proto.matchAll(/((?: *\/\/[^\n]*\n)+) *rpc (\w+)\(/g)].map(([, comment = "", name]) => [
    `/license.v1.LicenseService/${name}`,
    /Roles: ([a-z, ]+)\./.exec(comment.replace(/\s*\/\/ ?/g, " "))?.[1]?.split(", "),
  ]);
  t.is(stated.length, CONTRACT.length);
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
