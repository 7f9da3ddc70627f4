import { createClock } from "../../clock.ts";
import { CliError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import type { CheckResult } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import { examineSettings } from "../doctor/read-settings.ts";
import { asServer } from "../doctor/server-error.ts";
import { countOutcomes, writeChecks } from "../render/check-list.ts";
import { counted } from "../render/terms.ts";

/** Options of `licensectl doctor`. */
export interface DoctorOptions {
  readonly development?: boolean;
}

/**
 * `licensectl doctor`: examines the node that it runs on by the settings of the server. Changes nothing.
 * @throws CliError of kind refused when a check failed, after the report.
 */
export async function doctor(context: CommandContext, options: DoctorOptions): Promise<void> {
  const { host, flags, isJson, out } = context;
  const results = await asServer(() => {
    return examine(examineSettings(host.env, { ...options, dataDir: flags.dataDir }), createClock());
  });
  if (isJson) out.json({ checks: results });
  else {
    writeChecks(out, results);
    out.line`\n${countOutcomes(results)}`;
  }
  refuseFailed(results);
}

/** Ends a command whose report tells of checks that failed. @throws CliError of kind refused. */
export function refuseFailed(results: readonly CheckResult[]): void {
  const failed = results.filter(({ outcome }) => outcome === "fail");
  if (failed.length === 0) return;
  const message = `${counted(failed.length, "check")} failed: ${failed.map(({ check }) => check).join(", ")}.`;
  throw new CliError("refused", message, { reason: "CHECK_FAILED" });
}
