import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { TokenRole } from "@license-service/contract";
import type { Drill, DrillContext, DrillReport, Finding } from "../drill.ts";
import { openCaller } from "../parts/caller.ts";
import { DrillCluster, makeGround } from "../parts/cluster.ts";
import { makeDatabase } from "../parts/databases.ts";
import { BASE, issuerAt } from "../parts/issuer.ts";
import { makePlace } from "../parts/node.ts";
import { useOf } from "../parts/processes.ts";
import { percentileMs } from "../parts/samples.ts";
import { ATTACKS, type AttackName } from "./attacks.ts";
import { type HonestCallers, type Met, startHonestCallers } from "./honest.ts";
import { type AttackedServer, startAttackedServer } from "./server.ts";

const SPAN_MS = 10_000;
const WARM_UP_MS = 5_000;
/** What an attack left behind must not be measured as the state before the next. */
const SETTLE_MS = 5_000;
const HEARTBEAT_MS = 500;
const WORST_RATIO = 3;
/** Below this, the ratio says more about the machine than about the service. */
const FLOOR_MS = 5;
const SPARE_MB = 256;

/** Hostile clients. */
export const abuse: Drill = {
  name: "abuse",
  fault:
    "hostile clients: 5 MiB messages, cancelled calls, slow readers, endless requests, silent connections",
  promise:
    `Honest callers are answered: none fails, and their p99 is at most ${WORST_RATIO} times that of before (of ${FLOOR_MS} ms, if that was\n` +
    `less); the server's memory grows by at most ${SPARE_MB} MB (threat 28).`,
  usual: "about 3 minutes",
  timeoutMs: 600_000,
  run: runAttacks,
};

/** What one attack came to. */
interface Outcome {
  readonly name: AttackName;
  readonly before: Met;
  readonly during: Met;
  readonly beforeMb: number;
  readonly peakMb: number;
  readonly counts: Readonly<Record<string, number>>;
}

async function runAttacks(context: DrillContext): Promise<DrillReport> {
  const cluster = await DrillCluster.at(context, await makeGround(context), "main");
  await cluster.start();
  const place = await makePlace(context, await makeDatabase(cluster));
  const node = await startAttackedServer(context, place, { LICENSE_HEARTBEAT_MS: String(HEARTBEAT_MS) });
  const admin = openCaller(context, node);
  const issue = await issuerAt(place);
  await admin.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  const createToken = async (name: string) =>
    (await admin.call("createToken", { name, role: TokenRole.SERVICE })).secret;
  const honest = startHonestCallers(context, node.address, [
    await createToken("honest-1"),
    await createToken("honest-2"),
  ]);
  // An admin may upload: the more to abuse.
  const abuserToken = (await admin.call("createToken", { name: "abuser", role: TokenRole.ADMIN })).secret;
  await delay(WARM_UP_MS);
  const outcomes: Outcome[] = [];
  for (const name of Object.keys(ATTACKS) as AttackName[]) {
    const outcome = await attack(node, honest, abuserToken, name);
    context.say(`${ATTACKS[name].title}: p99 ${percentileMs(outcome.during.samples, 0.99).toFixed(1)} ms`);
    outcomes.push(outcome);
    await honest.meet(SETTLE_MS);
  }
  return report(outcomes);
}

async function attack(
  node: AttackedServer,
  honest: HonestCallers,
  token: string,
  name: AttackName,
): Promise<Outcome> {
  const before = await honest.meet(SPAN_MS);
  const { residentMb: beforeMb } = await useOf(node.pid);
  const abuser = runAbuser(node.address, token, name);
  let peakMb = 0;
  const looking = setInterval(async () => {
    const use = await useOf(node.pid).catch(() => undefined);
    peakMb = Math.max(peakMb, use?.residentMb ?? 0);
  }, 200);
  try {
    const during = await honest.meet(SPAN_MS);
    return { name, before, during, beforeMb, peakMb, counts: await abuser };
  } finally {
    clearInterval(looking);
  }
}

async function runAbuser(address: string, token: string, name: AttackName): Promise<Record<string, number>> {
  const program = fileURLToPath(new URL("abuser.ts", import.meta.url));
  const child = spawn(process.execPath, [program, name, address, String(SPAN_MS)], {
    env: { PATH: process.env["PATH"], ABUSER_TOKEN: token },
    // It ends itself when its standard input does: with this process.
    stdio: ["pipe", "pipe", "inherit"],
  });
  return JSON.parse(await text(child.stdout)) as Record<string, number>;
}

function report(outcomes: readonly Outcome[]): DrillReport {
  const columns = [
    "attack",
    "p50 before",
    "p50 during",
    "p99 before",
    "p99 during",
    "ratio",
    "failed",
    "silence ms",
  ];
  const rows = outcomes.map(({ name, before, during, beforeMb, peakMb, counts }) => [
    ATTACKS[name].title,
    ...[percentileMs(before.samples, 0.5), percentileMs(during.samples, 0.5)].map(round),
    ...[percentileMs(before.samples, 0.99), percentileMs(during.samples, 0.99)].map(round),
    round(ratioOf({ before, during })),
    failedOf(during),
    during.longestSilenceMs,
    `${beforeMb} / ${peakMb}`,
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(", "),
  ]);
  return {
    tables: [
      {
        title: "Honest calls at 200/s, ms",
        columns: [...columns, "MB before / peak", "abuser"],
        rows,
        note: `ratio: p99 during to p99 before, or to ${FLOOR_MS} ms where that was less; silence: longest of a watch with a heartbeat each ${HEARTBEAT_MS} ms`,
      },
    ],
    findings: outcomes.flatMap(judge),
  };
}

function judge({ name, before, during, beforeMb, peakMb }: Outcome): Finding[] {
  const ratio = ratioOf({ before, during });
  const failed = failedOf(during);
  const { title } = ATTACKS[name];
  return [
    {
      promise: `${title}: honest callers are answered, p99 at most ${WORST_RATIO} times`,
      holds: failed === 0 && during.samples.length > 0 && ratio <= WORST_RATIO,
      seen: `${failed} of ${during.samples.length} failed${reasonsOf(during)}, ratio ${ratio.toFixed(1)}`,
    },
    {
      promise: `${title}: at most ${SPARE_MB} MB more`,
      holds: peakMb - beforeMb <= SPARE_MB,
      seen: `${peakMb - beforeMb} MB`,
    },
  ];
}

function ratioOf({ before, during }: Pick<Outcome, "before" | "during">): number {
  return percentileMs(during.samples, 0.99) / Math.max(FLOOR_MS, percentileMs(before.samples, 0.99));
}

/** Why calls failed: "" or " (DEADLINE_EXCEEDED)". */
function reasonsOf({ samples }: Met): string {
  const reasons = new Set(samples.map(({ outcome }) => outcome));
  reasons.delete("ok");
  return reasons.size === 0 ? "" : ` (${[...reasons].join(", ")})`;
}

function failedOf({ samples }: Met): number {
  return samples.filter(({ outcome }) => outcome !== "ok").length;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
