import { GetRequestCodeResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";

/** `licensectl request-code`: GetRequestCode. Prints the bare code, fit for a file that goes to the vendor. */
export async function requestCode(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.call((client) => client.getRequestCode, {}));
  if (context.isJson) context.out.json(GetRequestCodeResponse.toJSON(answer));
  else context.out.line`${answer.requestCode.trimEnd()}`;
}
