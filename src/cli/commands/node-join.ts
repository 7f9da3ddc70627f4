import { createClock } from "../../clock.ts";
import type { CommandContext } from "../context.ts";
import { joinNode } from "../doctor/join.ts";
import { examineSettings } from "../doctor/read-settings.ts";
import { asServer } from "../doctor/server-error.ts";
import { styled } from "../output/screen.ts";
import { writeChecks } from "../render/check-list.ts";
import { refuseFailed } from "./doctor.ts";

/** Options of `licensectl node join`; its --key arrives with the global flags, which have one of the same name. */
export interface NodeJoinOptions {
  readonly development?: boolean;
}

/**
 * `licensectl node join`: makes sure, before its first start, that a further node will start and belong to the
 * platform; installs the key that was copied from another node.
 * @throws CliError of kind refused when a check failed, after the report.
 */
export async function nodeJoin(context: CommandContext, options: NodeJoinOptions): Promise<void> {
  const { host, flags, isJson, out } = context;
  const { development = false } = options;
  const results = await asServer(() => {
    return joinNode(
      examineSettings(host.env, { development, dataDir: flags.dataDir }),
      flags.key,
      createClock(),
    );
  });
  const isReady = !results.some(({ outcome }) => outcome === "fail");
  if (isJson) out.json({ ready: isReady, checks: results });
  else {
    writeChecks(out, results);
    if (isReady)
      out.line`\n${styled("green", "Ready.")} Start the server with these settings; it is a node of the platform then.`;
  }
  refuseFailed(results);
}
