/** Rules that are not question and answer: who may call, what a reload takes, what a pair of nodes shows. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { LicenseServiceService } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { RpcError } from "../../helpers/rpc-error.ts";
import { type IssueClaims, type RpcService, startRpcService } from "../../helpers/rpc-service.ts";
import { startTokenService } from "../../helpers/token-service.ts";

const USPHERE = { settings: { LICENSE_PROFILE: "unicloud-usphere" } };

/** A formal standard edition of 16 CPUs, unless claims say otherwise. */
function formal(claims: IssueClaims = {}): IssueClaims {
  return {
    profile: "unicloud-usphere",
    edition: "standard",
    term: "formal",
    quotas: { cpus: 16 },
    exp: undefined,
    ...claims,
  };
}

test("ZL-4: only the administrator uploads, reloads or deletes", async (t) => {
  const { call, tokens } = await startTokenService(t);
  const { uploadLicense, reloadLicense, deleteLicense } = LicenseServiceService;
  for (const { path } of [uploadLicense, reloadLicense, deleteLicense]) {
    for (const role of ["viewer", "service"] as const) {
      const { error } = await call(path, `Bearer ${tokens[role].text}`);
      t.true(error instanceof RpcError && error.code === status.PERMISSION_DENIED, `${role} calls ${path}`);
    }
    const { error } = await call(path, `Bearer ${tokens.admin.text}`);
    const isForbidden = error instanceof RpcError && error.code === status.PERMISSION_DENIED;
    t.false(isForbidden, `admin calls ${path}`);
  }
});

test("ZL-7, US-TE-6: one reload takes what was dropped, evaluates anew, and re-acquires", async (t) => {
  const rpc = await startRpcService(t, USPHERE);
  await rpc.install(formal());
  await rpc.install(formal({ term: "temporary", exp: secondsFromNow(rpc, DAY_MS) }));
  rpc.clock.jump(2 * DAY_MS);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "compute"), "VIEW_ONLY PLATFORM_LOCKED");
  const arm = await rpc.issue(formal({ item: "base-arm" }));
  await writeFile(join(rpc.service.dataDirectory, "drop", "arm.lic"), arm);
  const { droppedFiles } = await rpc.call("reloadLicense");
  t.deepEqual(
    droppedFiles.map(({ fileName, refusals }) => [fileName, refusals.length]),
    [["arm.lic", 0]],
  );
  const after = await rpc.call("getLicenseCapabilities");
  t.is(standingOf(after, "compute"), "ENABLED GRANTED");
  t.is(standingOf(after, "compute-arm"), "ENABLED GRANTED");
});

test("US-HA-1: a hot-standby pair needs one license, and both nodes show its contract number", async (t) => {
  const first = await startRpcService(t, USPHERE);
  const { revision } = await first.install(formal({ contract_number: "HT-2026-0042" }));
  const second = await startRpcService(t, { ...USPHERE, beside: first });
  for (const node of [first, second]) {
    const { license } = await node.call("getLicenseInfo", { minRevision: revision });
    t.is(license?.contractNumber, "HT-2026-0042");
    t.is(standingOf(await node.call("getLicenseCapabilities"), "compute"), "ENABLED GRANTED");
  }
});

function secondsFromNow(rpc: RpcService, ms: number): number {
  return Math.floor((rpc.clock.now() + ms) / 1000);
}
