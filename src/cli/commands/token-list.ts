import { ListTokensResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { writeTokens } from "../render/token-table.ts";

/** `licensectl token list`: ListTokens. */
export async function tokenList(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.callTokens((client) => client.listTokens, {}));
  if (context.isJson) return context.out.json(ListTokensResponse.toJSON(answer));
  if (answer.tokens.length === 0) context.out.line`No tokens.`;
  else writeTokens(context.out, answer.tokens, new Date());
}
