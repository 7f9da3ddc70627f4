/** The commands for usage, with a real server and database. */
import { ListUsageResponse, ReserveQuotaResponse } from "@license-service/contract";
import test from "ava";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";
import { type RunResult, runCli } from "../../unit/cli/_capture.ts";
import { createTeardown } from "./_licensectl.ts";

const teardown = createTeardown();
let rpc: RpcService;

test.before(async () => {
  rpc = await startRpcService(teardown);
  await rpc.install({ quotas: { cpus: 8 } });
});
test.after.always(() => teardown.run());

function usage(...args: readonly string[]): Promise<RunResult> {
  const { address, dataDirectory } = rpc.service;
  return runCli(["usage", ...args, "--address", address, "--data-dir", dataDirectory], {});
}

async function reserve(...args: readonly string[]): Promise<ReserveQuotaResponse> {
  const { code, stdout, stderr } = await usage("reserve", ...args, "--json");
  if (code !== 0) throw new Error(stderr);
  return ReserveQuotaResponse.fromJSON(JSON.parse(stdout));
}

test.serial("usage is reported, reserved, committed, released and listed", async (t) => {
  const reported = await usage("report", "base/cpus=3", "base/hosts=1");
  t.is(reported.code, 0, reported.stderr);
  t.regex(
    reported.stdout,
    /^Reported; usage revision 1\.\nMETER +USED +LIMIT +AVAILABLE\nbase\/cpus +3 +8 +5\n/,
  );
  const reserved = await usage("reserve", "base/cpus=2", "--resource", "host-17", "--lease", "10m");
  t.regex(
    reserved.stdout,
    /^Reserved: [0-9a-f-]{36}\n {2}base\/cpus: 2\nThe lease ends at .* \(in \d+ min\)\./,
  );
  const [, id = ""] = /Reserved: (\S+)/.exec(reserved.stdout) ?? [];
  const listed = await usage("list", "--meter", "base/cpus");
  t.regex(listed.stdout, /base\/cpus +5 +8 +3/);
  t.regex(
    listed.stdout,
    new RegExp(`${id} +first admin .*base/cpus=2 +host-17|${id} .*base/cpus=2 +host-17`),
  );
  t.regex((await usage("commit", id)).stdout, /^Committed at .*; usage revision 3\./);
  t.is((await usage("release", id)).stdout, "Released; usage revision 4.\n");
  const { stdout } = await usage("list", "--json");
  const { meters, reservations } = ListUsageResponse.fromJSON(JSON.parse(stdout));
  t.is(meters.find(({ key }) => key === "base/cpus")?.used, 3n);
  t.deepEqual(reservations, []);
});

test.serial("a key makes a reservation once, however often it is asked for", async (t) => {
  const first = await reserve("base/cpus=1", "--idempotency-key", "ticket-4711");
  t.deepEqual(await reserve("base/cpus=1", "--idempotency-key", "ticket-4711"), first);
  t.not((await reserve("base/cpus=1")).reservationId, first.reservationId);
});

test.serial("a refusal says what is in use and what is left", async (t) => {
  const { code, stderr } = await usage("reserve", "base/cpus=9");
  t.is(code, 1);
  t.regex(
    stderr,
    /^refused: QUOTA_EXCEEDED \(LICENSE\.5002\) Of base\/cpus the licenses allow 8, and \d are in use/,
  );
  t.regex(stderr, /requested: 9/);
});

const WRONG: ReadonlyArray<readonly [args: readonly string[], says: RegExp]> = [
  [["report", "base/cpus=-1"], /"base\/cpus=-1": the amount is not a whole number from 0/],
  [["report", "base/cpus=1.5"], /not a whole number from 0 to .*: no fraction/],
  [["report", "base/cpus=1e3"], /not a whole number/],
  [["report", "base/cpus"], /is not a meter with an amount/],
  [["report", "base/cpus=1", "base/cpus=2"], /"base\/cpus" is named twice/],
  [["report", "base/cpus=1", "--as-of", "x"], /is not a usage revision/],
  [["reserve", "base/cpus=0"], /not a whole number from 1/],
  [["reserve", `base/cpus=${2n ** 63n}`], /not a whole number/],
  [["reserve", "base/cpus=1", "--lease", "2h"], /is not a time from 1s to 1h/],
  [["list", "--limit", "0"], /is not a whole number from 1 to 1000/],
];

for (const [args, says] of WRONG) {
  test.serial(`threat 29: usage ${args.join(" ")} is wrong use, and says what to write`, async (t) => {
    const { code, stderr } = await usage(...args);
    t.is(code, 2);
    t.regex(stderr, says);
  });
}

test.serial("a meter that the product does not have is named in the refusal", async (t) => {
  const { code, stderr } = await usage("reserve", "base/apples=1");
  t.is(code, 1);
  t.regex(stderr, /UNKNOWN_METER.*base\/apples/);
});

test("every command of usage explains itself", async (t) => {
  for (const name of ["list", "report", "reserve", "commit", "release"]) {
    const { code, stdout } = await runCli(["usage", name, "--help"], {});
    t.is(code, 0);
    t.regex(stdout, new RegExp(`Usage: licensectl usage ${name}[\\s\\S]*Examples:`));
  }
});
