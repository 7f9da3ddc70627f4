import { GetRequestCodeResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { findDataDirectory } from "../offline/data-directory.ts";
import { readOfflineRequestCode } from "../offline/request-code-file.ts";

/**
 * `licensectl request-code`: GetRequestCode, or with --offline the file in the data directory. Prints the
 * bare code, fit for a file that goes to the vendor: byte for byte that of the data directory, so that its
 * MD5 begins with the platform id (AP-2). On a terminal a line end follows.
 */
export async function requestCode(
  context: CommandContext,
  { offline }: { offline?: boolean },
): Promise<void> {
  const answer = offline === true ? await offlineAnswer(context) : await serverAnswer(context);
  if (context.isJson) return context.out.json(GetRequestCodeResponse.toJSON(answer));
  context.out.raw(context.out.show(answer.requestCode));
  if (context.host.stdout.isTTY === true) context.out.raw("\n");
}

function serverAnswer(context: CommandContext): Promise<GetRequestCodeResponse> {
  return withServer(context, (server) => server.call((client) => client.getRequestCode, {}));
}

async function offlineAnswer(context: CommandContext): Promise<GetRequestCodeResponse> {
  const directory = await findDataDirectory(context.flags);
  return GetRequestCodeResponse.fromPartial(await readOfflineRequestCode(directory));
}
