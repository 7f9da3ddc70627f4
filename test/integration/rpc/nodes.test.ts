/** GetLicenseInfo about the nodes of the platform, and about a clock that is off. */
import { AlertKind, AlertSeverity, NodeStatus } from "@license-service/contract";
import test from "ava";
import { pino } from "pino";
import { nameOf } from "../../helpers/rpc-answers.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

const YEAR_MS = 365 * 86_400_000;

test("the only node lists itself: alive, primary, with its version and the database's times", async (t) => {
  const rpc = await startRpcService(t);
  const { nodes, managementNodeId } = await rpc.call("getLicenseInfo");
  const [row] = await rpc.query<{ joined_at: Date; heartbeat_at: Date }>("select * from nodes");
  t.deepEqual(nodes, [
    {
      nodeId: managementNodeId,
      name: "test",
      status: NodeStatus.ALIVE,
      version: nodes[0]?.version ?? "",
      joinedTime: row?.joined_at,
      heartbeatTime: row?.heartbeat_at,
      primary: true,
    },
  ]);
  t.regex(nodes[0]?.version ?? "", /^\d+\.\d+\.\d+$/);
});

test("a clock a year off against the database is an alert and a line of the log from the start on", async (t) => {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const rpc = await startRpcService(t, { clockAheadMs: YEAR_MS, log });
  const { alerts } = await rpc.call("getLicenseInfo");
  const alert = alerts.find(({ kind }) => kind === AlertKind.CLOCK_DIFFERS);
  t.is(alert?.severity, AlertSeverity.CRITICAL);
  t.regex(alert?.message ?? "", /clock of this node is 36[45] d ahead of the database's/);
  const about = lines.filter((line) => line.includes("The clock of this node is"));
  t.is(about.length, 1);
  t.is(JSON.parse(about[0] ?? "{}").level, pino.levels.values["warn"]);
});

test("an answer with a live alert is never called unchanged, and without one it may be", async (t) => {
  const right = await startRpcService(t);
  const first = await right.call("getLicenseInfo");
  const known = { knownRevision: first.revision, knownEvaluatedAt: first.evaluatedAt };
  t.true((await right.call("getLicenseInfo", known)).unchanged);
  const wrong = await startRpcService(t, { clockAheadMs: YEAR_MS });
  const alerted = await wrong.call("getLicenseInfo");
  const second = await wrong.call("getLicenseInfo", {
    knownRevision: alerted.revision,
    knownEvaluatedAt: alerted.evaluatedAt,
  });
  t.false(second.unchanged);
  t.true(second.alerts.some(({ kind }) => nameOf(AlertKind, kind) === "CLOCK_DIFFERS"));
});
