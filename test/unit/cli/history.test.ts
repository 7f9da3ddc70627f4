import {
  CapabilityReason,
  CapabilityState,
  ChangeCause,
  ListCapabilityChangesRequest,
  ListCapabilityChangesResponse,
  OperationClass,
  RecordedChange,
} from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { CliError } from "../../../src/cli/cli-error.ts";
import { toRequest } from "../../../src/cli/commands/history.ts";
import { runCli } from "./_capture.ts";
import { startScriptedServer } from "./_scripted-server.ts";

const CHANGE = RecordedChange.create({
  sequence: 7n,
  effectiveTime: new Date("2026-11-23T03:12:00Z"),
  recordTime: new Date("2026-11-23T03:12:00.004Z"),
  key: "gpu",
  stateBefore: CapabilityState.ENABLED,
  reasonBefore: CapabilityReason.GRANTED,
  stateAfter: CapabilityState.DISABLED,
  reasonAfter: CapabilityReason.EXPIRED,
  operationsAfter: [OperationClass.STOP],
  cause: ChangeCause.TIME,
  licenseIds: ["license-1"],
  explanation: "License license-1\u001b[2J (gpu, paid) ended at 2026-11-23T03:12:00.000Z.",
  revision: { storeId: "store", epoch: 1n, revision: 4n },
  managementNodeId: "node-1",
});

async function history(
  t: ExecutionContext,
  answer: Partial<ListCapabilityChangesResponse>,
  ...args: readonly string[]
) {
  const requests: unknown[] = [];
  const address = await startScriptedServer(t, {
    listCapabilityChanges(request) {
      requests.push(request);
      return ListCapabilityChangesResponse.create(answer);
    },
  });
  const env = { LICENSECTL_ADDRESS: address, LICENSECTL_TOKEN: `lst_${"a".repeat(43)}` };
  return { ...(await runCli(["history", ...args], { env })), requests };
}

test("the history is a table: when, what, before, after, cause, why", async (t) => {
  const { code, stdout, requests } = await history(t, { changes: [CHANGE] });
  t.is(code, 0);
  t.is(
    stdout,
    [
      "EFFECTIVE (UTC)       CAPABILITY  BEFORE           AFTER             CAUSE  WHY",
      "2026-11-23T03:12:00Z  gpu         ENABLED GRANTED  DISABLED EXPIRED  time   License license-1[2J (gpu, paid) ended at 2026-11-23T03:12:00.000Z.",
      "",
      "1 change",
      "",
    ].join("\n"),
  );
  t.deepEqual(requests, [ListCapabilityChangesRequest.create()]);
});

test("options become the request, and the footer repeats them", async (t) => {
  const args = [
    "--capability",
    "gpu",
    "--since",
    "2026-11-23T03:00Z",
    "--until",
    "2026-11-24",
    "--limit",
    "5",
  ];
  const { stdout, requests } = await history(t, { nextPageToken: "next" }, ...args, "--page-token", "before");
  t.like(requests[0], {
    key: "gpu",
    limit: 5,
    pageToken: "before",
    since: new Date("2026-11-23T03:00:00Z"),
    until: new Date("2026-11-24T00:00:00Z"),
  });
  t.is(stdout, "0 changes of gpu since 2026-11-23T03:00Z until 2026-11-24\nRead on with --page-token next\n");
});

test("--json prints the answer in the form of the contract", async (t) => {
  const answer = { changes: [CHANGE], nextPageToken: "next" };
  const { stdout } = await history(t, answer, "--json");
  const document: unknown = JSON.parse(stdout);
  t.deepEqual(document, ListCapabilityChangesResponse.toJSON(ListCapabilityChangesResponse.create(answer)));
});

test("wrong options are refused before anything is asked", (t) => {
  const now = new Date("2026-11-23T00:00:00Z");
  for (const options of [
    { limit: "0" },
    { limit: "1001" },
    { since: "yesterday" },
    { until: "2026-02-30" },
    { since: "2026-11-24", until: "2026-11-23" },
  ]) {
    t.is(t.throws(() => toRequest(options, now), { instanceOf: CliError })?.kind, "usage");
  }
  t.deepEqual(toRequest({ since: "-2d" }, now).since, new Date("2026-11-21T00:00:00Z"));
});
