import { RevokeTokenResponse, type Token } from "@license-service/contract";
import { confirm, refuseWithoutTerminal } from "../ask.ts";
import { CliError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { styled } from "../output/screen.ts";
import { showRole, writeTokens } from "../render/token-table.ts";

/** `licensectl token revoke`: RevokeToken. Without --yes it shows the token and asks. */
export async function tokenRevoke(
  context: CommandContext,
  { yes = false }: { readonly yes?: boolean },
  [idOrName = ""]: readonly string[],
): Promise<void> {
  if (!yes) refuseWithoutTerminal(context, "revoke", "Look with token list, then revoke with --yes.");
  const answer = await withServer(context, async (server) => {
    const { tokens } = await server.callTokens((client) => client.listTokens, {});
    const token = findToken(tokens, idOrName);
    if (!yes) {
      writeTokens(context.err, [token], new Date());
      await confirm(context, "Revoke?", "Nothing was revoked.");
    }
    return server.callTokens((client) => client.revokeToken, { id: token.id });
  });
  if (context.isJson) return context.out.json(RevokeTokenResponse.toJSON(answer));
  const { name = "", role = 0, id = "" } = answer.token ?? {};
  context.out.line`Revoked ${styled("bold", name)} (${showRole(role)}): ${id}`;
  context.out.line`Other nodes refuse it within their poll.`;
}

/** The token of this id, else the only one of this name. @throws CliError. */
function findToken(tokens: readonly Token[], idOrName: string): Token {
  const byId = tokens.find(({ id }) => id === idOrName.toLowerCase());
  if (byId !== undefined) return byId;
  const [token, another] = tokens.filter(({ name }) => name === idOrName);
  if (token === undefined) {
    throw new CliError("refused", `There is no token "${idOrName}", or it was revoked before.`, {
      reason: "TOKEN_NOT_FOUND",
      remedy: "licensectl token list shows what there is.",
    });
  }
  if (another === undefined) return token;
  const ids = tokens.filter(({ name }) => name === idOrName).map(({ id }) => id);
  throw new CliError("usage", `${ids.length} tokens have the name "${idOrName}".`, {
    reason: "USAGE",
    meaning: `Their ids: ${ids.join(", ")}.`,
    remedy: "Name one by its id; licensectl token list tells them apart.",
  });
}
