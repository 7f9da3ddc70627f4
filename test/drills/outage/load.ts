/** A load with one caller for each RPC: each calls, notes what came, pauses, and calls again. */
import { setTimeout as delay } from "node:timers/promises";
import { licenseIdOf } from "../../../src/license-file/license-of-claims.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { type Caller, openCaller, type UnaryName } from "../parts/caller.ts";
import { BASE, type Issue, issuerAt } from "../parts/issuer.ts";
import type { DrillNode } from "../parts/node.ts";
import { type Sample, sample } from "../parts/samples.ts";
import { watchMessages } from "./watch-caller.ts";

/** What a caller asks of the service while the database is away. */
export type Kind = "from memory" | "from the database" | "a write" | "the good write";

/** One caller and everything that it met. */
export interface LoadCaller {
  readonly name: string;
  readonly kind: Kind;
  readonly samples: Sample[];
}

/** A load that runs until it is stopped. */
export interface Load {
  readonly callers: readonly LoadCaller[];
  /** Resolves once the last call has ended. */
  stop(): Promise<void>;
}

/** How often an idle watch of the drill's node carries a sign of life. */
export const HEARTBEAT_MS = 500;

const PAUSE_MS = 50;
const WRITE_PAUSE_MS = 200;

interface Plan {
  readonly name: string;
  readonly kind: Kind;
  readonly pauseMs?: number;
  call(): Promise<unknown>;
}

/** Starts the load; the node has a base license afterwards. */
export async function startLoad(t: Teardown, node: DrillNode): Promise<Load> {
  const issue = await issuerAt(node.place);
  const admin = openCaller(t, node);
  await admin.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  const stopping = new AbortController();
  t.teardown(() => stopping.abort());
  const watch = watchMessages(t, node, stopping.signal);
  const plans = [...(await plansOf(t, node, issue)), ...(await tokenPlans(t, node))];
  const running = plans.map((plan) => repeat(plan, stopping.signal));
  return {
    callers: [...running.map(({ caller }) => caller), watch],
    async stop() {
      stopping.abort();
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

async function plansOf(t: Teardown, node: DrillNode, issue: Issue): Promise<Plan[]> {
  // Each has a connection of its own: none waits behind another.
  const caller = () => openCaller(t, node);
  const unary = (kind: Kind, name: UnaryName, request: object = {}): Plan => {
    const own = caller();
    return { name, kind, call: () => own.call(name, request) };
  };
  const dryBytes = Buffer.from(await issue({ item: "cdp" }));
  const health = caller();
  return [
    unary("from memory", "getLicenseInfo"),
    unary("from memory", "getLicenseCapabilities"),
    unary("from memory", "explainCapability", { key: "compute-advanced" }),
    unary("from memory", "getRequestCode"),
    unary("from memory", "listUsbKeys"),
    { name: "health", kind: "from memory", call: () => servingOn(health) },
    unary("from the database", "getLicenseRecords"),
    unary("a write", "reloadLicense"),
    {
      ...unary("a write", "uploadLicense", { package: dryBytes, validateOnly: true }),
      name: "upload (dry run)",
    },
    { ...unary("a write", "deleteLicense", { item: "base", validateOnly: true }), name: "delete (dry run)" },
    {
      name: "upload, delete",
      kind: "the good write",
      pauseMs: WRITE_PAUSE_MS,
      call: changeAndBack(caller(), issue),
    },
  ];
}

/** Uploads a license and deletes it again, so that what is installed does not grow with the load. */
function changeAndBack(caller: Caller, issue: Issue): () => Promise<void> {
  return async () => {
    const signedBytes = await issue({ item: "gpu" });
    await caller.call("uploadLicense", { package: Buffer.from(signedBytes) });
    await caller.call("deleteLicense", { licenseId: licenseIdOf(signedBytes) });
  };
}

async function servingOn(caller: Caller): Promise<void> {
  if (!(await caller.isServing())) throw new Error("health says not serving");
}

/** The token service, if the server has one. */
async function tokenPlans(t: Teardown, node: DrillNode): Promise<Plan[]> {
  const caller = openCaller(t, node);
  const { outcome } = await sample(() => caller.call("listTokens"));
  if (outcome.startsWith("UNIMPLEMENTED")) return [];
  return [{ name: "listTokens", kind: "from the database", call: () => caller.call("listTokens") }];
}

function repeat({ name, kind, call, pauseMs = PAUSE_MS }: Plan, stopping: AbortSignal) {
  const caller: LoadCaller = { name, kind, samples: [] };
  const run = async () => {
    while (!stopping.aborted) {
      caller.samples.push(await sample(call));
      await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  };
  return { caller, done: run() };
}
