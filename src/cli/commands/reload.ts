import { ReloadLicenseResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { formatInstant } from "../output/time.ts";
import { showRevision } from "../render/terms.ts";

/** `licensectl reload`: ReloadLicense. */
export async function reload(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.call((client) => client.reloadLicense, {}));
  if (context.isJson) return context.out.json(ReloadLicenseResponse.toJSON(answer));
  const at = answer.evaluatedAt === undefined ? "" : ` for ${formatInstant(answer.evaluatedAt)} (UTC)`;
  context.out
    .line`Read ${answer.licenseCount} licenses and evaluated anew${at}; ${showRevision(answer.revision)}.`;
}
