import { addressText } from "../../address-text.ts";
import type { Config } from "../../config.ts";
import { listenFailure } from "../../listen-failure.ts";
import { type Finding, fail, failureOf, ok } from "./check.ts";
import { findHolder, localAddress } from "./listen.ts";

const ANSWER_WITHIN_MS = 3_000;

/** Every server answers with this one. */
const OUR_METRIC = "license_build_info";

/** Whether the metrics of a license service are at the address, or could be. */
export async function checkMetricsPort({ metricsListen }: Pick<Config, "metricsListen">): Promise<Finding> {
  if (metricsListen === undefined) return ok("off");
  const target = addressText(metricsListen);
  if (metricsListen.port === 0) return ok("port 0: the server takes any free port");
  const holder = await findHolder(metricsListen);
  if (holder === "nobody") return ok(`${target} is free: no server runs`);
  if (holder !== "a program") return failureOf(listenFailure(holder.error, target, "LICENSE_METRICS_LISTEN"));
  if (await hasOurMetrics(addressText(localAddress(metricsListen))))
    return ok(`metrics are served at ${target}`);
  return fail(
    `Another program listens at ${target}.`,
    "Stop it, or set LICENSE_METRICS_LISTEN to another port, or to off.",
  );
}

async function hasOurMetrics(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(`http://${address}/metrics`, { signal, redirect: "error" });
    return response.ok && (await response.text()).includes(OUR_METRIC);
  } catch {
    return false;
  }
}
