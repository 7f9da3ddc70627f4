import { PlanLicensesRequest, PlanLicensesResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { runCli } from "./_capture.ts";
import { startScriptedServer } from "./_scripted-server.ts";

const ENV = { LICENSECTL_TOKEN: "token" };

const PACKS = [1n, 10n, 50n, 100n];

/** Runs `plan` against a server that answers two plans and remembers what it was asked. */
async function runPlan(t: ExecutionContext, args: readonly string[], productVersion = "E0760") {
  const requests: PlanLicensesRequest[] = [];
  const address = await startScriptedServer(t, {
    planLicenses: (request) => {
      const { solution, ...asked } = PlanLicensesRequest.fromPartial(request as PlanLicensesRequest);
      requests.push({ solution, ...asked });
      const beside = { item: "migration", unit: "hosts", title: "Migration", packSizes: PACKS };
      const plans = ["standard", "enterprise"].map((edition) => ({
        licenses: [{ item: "base", edition, unit: "cpus", title: `VMS, ${edition}` }, beside],
      }));
      return PlanLicensesResponse.fromPartial({ solution, productVersion, architecture: "x86", plans });
    },
  });
  const result = await runCli(["plan", ...args, "--address", address], { env: ENV });
  return { ...result, requests };
}

test("US-PL-1: every way is a table of what to buy, with editions, units and packs", async (t) => {
  const { code, stdout } = await runPlan(t, ["migration"]);
  t.is(code, 0);
  t.is(
    stdout,
    [
      "migration on x86, version E0760: 2 ways, of which one is enough.",
      "",
      "1.",
      "  ITEM       EDITION   BY                                 TITLE",
      "  base       standard  cpus                               VMS, standard",
      "  migration  -         hosts, in packs of 1, 10, 50, 100  Migration",
      "",
      "2.",
      "  ITEM       EDITION     BY                                 TITLE",
      "  base       enterprise  cpus                               VMS, enterprise",
      "  migration  -           hosts, in packs of 1, 10, 50, 100  Migration",
      "",
    ].join("\n"),
  );
});

test("US-PL-1: a version that is not known is said, with what to do", async (t) => {
  const { stdout } = await runPlan(t, ["migration"], "");
  t.regex(stdout, /^migration on x86, a version that is not known: /);
  t.regex(stdout, /name yours, for example --product-version E0760\.\n$/);
});

test("US-PL-1: options go to the server as they are typed", async (t) => {
  const { requests } = await runPlan(t, ["vms", "--arch", "arm", "--product-version", "E0730P06", "--json"]);
  t.deepEqual(requests, [{ solution: "vms", architecture: "arm", productVersion: "E0730P06" }]);
  const bare = await runPlan(t, ["vms"]);
  t.deepEqual(bare.requests, [{ solution: "vms", architecture: "", productVersion: undefined }]);
});
