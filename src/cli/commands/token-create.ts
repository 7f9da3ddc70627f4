import { CreateTokenResponse, Token, TokenRole } from "@license-service/contract";
import { CliError } from "../cli-error.ts";
import type { Server } from "../connection/server.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readEnum, readExpiry } from "../options.ts";
import { type Screen, styled } from "../output/screen.ts";
import { formatWithDistance } from "../output/time.ts";
import { showRole } from "../render/token-table.ts";
import { reserveSecretFile } from "../secret-file.ts";

/** Options of `licensectl token create`. */
export interface TokenCreateOptions {
  readonly role: string;
  readonly expires?: string;
  readonly out?: string;
}

/**
 * `licensectl token create`: CreateToken. The token alone goes to standard output and everything said about it to
 * standard error, so that it can be piped on; with --out it goes to a file, and is not shown.
 */
export async function tokenCreate(
  context: CommandContext,
  options: TokenCreateOptions,
  [name = ""]: readonly string[],
): Promise<void> {
  const role = readEnum("--role", options.role, TokenRole);
  const expireTime = readExpiry("--expires", options.expires);
  const create = (server: Server): Promise<CreateTokenResponse> =>
    server.callTokens((client) => client.createToken, { name, role, expireTime });
  if (options.out !== undefined) return createIntoFile(context, options.out, create);
  const answer = await withServer(context, create);
  if (context.isJson) return context.out.json(CreateTokenResponse.toJSON(answer));
  writeCreated(context.err, answer.token);
  context.err.line`This is the only time that it is shown; it cannot be had again:`;
  context.out.raw(`${answer.secret}\n`);
}

async function createIntoFile(
  context: CommandContext,
  path: string,
  create: (server: Server) => Promise<CreateTokenResponse>,
): Promise<void> {
  // First: a token that cannot be written would be a token that nobody has.
  const file = await reserveSecretFile("--out", path);
  const answer = await withServer(context, create).catch(async (error: unknown) => {
    await file.discard();
    throw error;
  });
  await file.write(`${answer.secret}\n`).catch((error: unknown) => {
    throw unwritten(path, answer.token, error);
  });
  const { token } = answer;
  if (context.isJson) return context.out.json({ token: token && Token.toJSON(token), file: path });
  writeCreated(context.out, token);
  context.out.line`It is in ${path}, readable by you alone; it cannot be had again.`;
}

function writeCreated(screen: Screen, token: Token | undefined): void {
  const { name = "", role = 0, id = "", expireTime } = token ?? {};
  screen.line`Created token ${styled("bold", name)} (${showRole(role)}): ${id}`;
  const end =
    expireTime === undefined
      ? "It does not expire."
      : `It expires at ${formatWithDistance(expireTime, new Date())}.`;
  screen.line`${end}`;
}

function unwritten(path: string, token: Token | undefined, cause: unknown): CliError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new CliError("internal", `The token was made, but ${path} cannot be written: ${problem}.`, {
    reason: "TOKEN_LOST",
    meaning: "Nobody has it.",
    remedy: `Revoke it: licensectl token revoke ${token?.id ?? ""}`,
    cause,
  });
}
