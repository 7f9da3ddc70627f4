/** PlanLicenses and `licensectl plan` over a real server. */
import { join } from "node:path";
import test from "ava";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, startRpcService, type Teardown } from "../../helpers/rpc-service.ts";
import { runCli } from "../../unit/cli/_capture.ts";

function start(t: Teardown, version?: string): Promise<RpcService> {
  const settings = { LICENSE_PROFILE: "unicloud-usphere" };
  return startRpcService(t, {
    settings: version === undefined ? settings : { ...settings, LICENSE_PRODUCT_VERSION: version },
  });
}

async function editions(rpc: RpcService, request: object): Promise<readonly string[]> {
  const { plans } = await rpc.call("planLicenses", request);
  return plans.map(({ licenses }) => licenses.map(({ item, edition }) => edition || item).join(" "));
}

test("US-PL-1: the version of the server counts unless the request names one", async (t) => {
  const rpc = await start(t, "E0760");
  t.deepEqual(await editions(rpc, { solution: "migration" }), ["standard migration"]);
  const older = await rpc.call("planLicenses", { solution: "migration", productVersion: "E0750" });
  t.like(older, { solution: "migration", productVersion: "E0750", architecture: "x86" });
  t.deepEqual(older.plans[0]?.licenses, [
    {
      item: "base",
      edition: "enterprise-plus",
      unit: "cpus",
      title: "VMS virtualization, Enterprise plus",
      packSizes: [],
    },
    {
      item: "migration",
      edition: "",
      unit: "hosts",
      title: "Migration from other platforms",
      packSizes: [1n, 10n, 50n, 100n],
    },
  ]);
  const unknown = await rpc.call("planLicenses", { solution: "migration", productVersion: "" });
  t.like(unknown, { productVersion: "", plans: { length: 1 } });
  t.deepEqual(await editions(rpc, { solution: "vms", architecture: "arm" }), [
    "standard",
    "enterprise",
    "enterprise-plus",
  ]);
});

test("US-PL-1: what cannot be planned is refused by field, and says what can", async (t) => {
  const rpc = await start(t);
  const refusal = (request: object) => rpcErrorOf(rpc.call("planLicenses", request));
  t.like(await refusal({ solution: "teleport" }), {
    code: 3,
    reason: "UNKNOWN_SOLUTION",
    fields: ["solution"],
  });
  t.like(await refusal({}), { code: 3, reason: "UNKNOWN_SOLUTION", fields: ["solution"] });
  t.like(await refusal({ solution: "vms-isc", architecture: "arm" }), {
    code: 3,
    reason: "UNKNOWN_SOLUTION",
    fields: ["architecture"],
  });
  t.like(await refusal({ solution: "vms", productVersion: "E760" }), {
    code: 3,
    reason: "INVALID_REQUEST",
    fields: ["product_version"],
  });
});

test("US-PL-1: licensectl lists the solutions of the product and plans one of them", async (t) => {
  const rpc = await start(t);
  const flags = [
    "--address",
    rpc.service.address,
    "--token-file",
    join(rpc.place.dataDirectory, "admin-token"),
  ];
  const list = await runCli(["plan", ...flags]);
  t.is(list.code, 0, list.stderr);
  t.regex(list.stdout, /^SOLUTION +ARCHITECTURES\nvms +x86, arm\nvms-isc +x86\n/);
  const json = await runCli(["plan", "--json", ...flags]);
  t.deepEqual(JSON.parse(json.stdout).solutions[0], { name: "vms", architectures: ["x86", "arm"] });
  const plan = await runCli(["plan", "vms-isc", ...flags]);
  t.regex(plan.stdout, /^vms-isc on x86, a version that is not known: one way\.\n/);
  t.regex(plan.stdout, /base +enterprise-plus +cpus/);
  const wrong = await runCli(["plan", "teleport", ...flags]);
  t.not(wrong.code, 0);
  t.regex(wrong.stderr, /UNKNOWN_SOLUTION[\s\S]*vms-isc/);
});

test("a product without solutions says so", async (t) => {
  const rpc = await startRpcService(t);
  const flags = [
    "--address",
    rpc.service.address,
    "--token-file",
    join(rpc.place.dataDirectory, "admin-token"),
  ];
  const list = await runCli(["plan", ...flags]);
  t.is(list.stdout, "The product has no solutions to plan for: its licenses are bought item by item.\n");
});
