import { type DeleteLicenseRequest, DeleteLicenseResponse } from "@license-service/contract";
import { confirm, refuseWithoutTerminal } from "../ask.ts";
import { usageError } from "../cli-error.ts";
import type { Server } from "../connection/server.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { type Screen, styled } from "../output/screen.ts";
import { writeChanges } from "../render/changes.ts";
import { counted, showRevision } from "../render/terms.ts";

/** Options of `licensectl delete`. */
export interface DeleteOptions {
  readonly item?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/**
 * `licensectl delete`: DeleteLicense. Without --yes it first shows, by a dry run of the server, what
 * would be lost (LI-7), and asks; where nobody can be asked it refuses.
 */
export async function deleteLicenses(
  context: CommandContext,
  options: DeleteOptions,
  args: readonly string[],
): Promise<void> {
  const target = readTarget(options, args);
  const mustAsk = options.yes !== true && options.dryRun !== true;
  if (mustAsk) refuseWithoutTerminal(context, "delete", "Look with --dry-run, then delete with --yes.");
  const answer = await withServer(context, async (server) => {
    if (mustAsk) await askFirst(context, server, target);
    return callDelete(server, target, options.dryRun === true);
  });
  if (context.isJson) context.out.json(DeleteLicenseResponse.toJSON(answer));
  else writeDeletion(context.out, answer);
}

type Target = Pick<DeleteLicenseRequest, "licenseId" | "item">;

function readTarget({ item }: DeleteOptions, [licenseId]: readonly string[]): Target {
  if ((licenseId === undefined) === (item === undefined)) {
    throw usageError("Name either a license by its id, or an item by --item.");
  }
  return item === undefined ? { licenseId } : { item };
}

function callDelete(server: Server, target: Target, validateOnly: boolean): Promise<DeleteLicenseResponse> {
  return server.call((client) => client.deleteLicense, { ...target, validateOnly });
}

async function askFirst(context: CommandContext, server: Server, target: Target): Promise<void> {
  writeDeletion(context.err, await callDelete(server, target, true));
  await confirm(context, "Delete?", "Nothing was deleted.");
}

/** Writes the answer for people. */
export function writeDeletion(screen: Screen, answer: DeleteLicenseResponse): void {
  const count = answer.deletedLicenseIds.length;
  if (answer.validateOnly) {
    screen.line`${styled("cyan", "Dry run: nothing was written.")} The deletion would delete ${counted(count, "license")}:`;
  } else {
    screen.line`Deleted ${counted(count, "license")}; ${showRevision(answer.revision)}.`;
  }
  for (const id of answer.deletedLicenseIds) screen.line`  ${id}`;
  writeChanges(screen, answer);
}
