import { type LicensePlan, PlanLicensesResponse, type PlannedLicense } from "@license-service/contract";
import { CliError } from "../cli-error.ts";
import type { Server } from "../connection/server.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";

/** Options of `licensectl plan`. */
export interface PlanOptions {
  /** Version to plan for; "" for one that is not known. Default: that of the server. */
  readonly productVersion?: string;
  /** Default: x86. */
  readonly arch?: string;
}

/** `licensectl plan [solution]`: PlanLicenses; without a solution the list of those that there are. */
export async function plan(
  context: CommandContext,
  { productVersion, arch = "" }: PlanOptions,
  [solution]: readonly string[],
): Promise<void> {
  if (solution === undefined) return listSolutions(context);
  const request = { solution, productVersion, architecture: arch };
  const answer = await withServer(context, (server) => callPlan(server, request));
  if (context.isJson) context.out.json(PlanLicensesResponse.toJSON(answer));
  else writePlans(context.out, answer);
}

function callPlan(
  server: Server,
  request: { solution: string; productVersion: string | undefined; architecture: string },
): Promise<PlanLicensesResponse> {
  return server.call((client) => client.planLicenses, request);
}

/** A way to use the product that can be planned. */
interface Solution {
  readonly name: string;
  readonly architectures: readonly string[];
}

/** The server, which alone knows its product, names them when it is asked for none. */
async function listSolutions(context: CommandContext): Promise<void> {
  const solutions = await withServer(context, async (server) => {
    try {
      await callPlan(server, { solution: "", productVersion: undefined, architecture: "" });
      return [];
    } catch (error) {
      if (error instanceof CliError && error.parts.reason === "UNKNOWN_SOLUTION") return solutionsOf(error);
      throw error;
    }
  });
  if (context.isJson) context.out.json({ solutions });
  else writeSolutions(context.out, solutions);
}

/** "vms=x86+arm,vms-isc=x86", as PlanLicenses writes it. */
function solutionsOf({ parts }: CliError): readonly Solution[] {
  const listed = parts.metadata?.["solutions"] ?? "";
  return listed
    .split(",")
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [name = "", architectures = ""] = entry.split("=");
      return { name, architectures: architectures.split("+").filter((text) => text !== "") };
    });
}

function writeSolutions(screen: Screen, solutions: readonly Solution[]): void {
  if (solutions.length === 0) {
    screen.line`The product has no solutions to plan for: its licenses are bought item by item.`;
    return;
  }
  const columns: ReadonlyArray<Column<Solution>> = [
    { title: "SOLUTION", cell: ({ name }) => styled("bold", name) },
    { title: "ARCHITECTURES", cell: ({ architectures }) => architectures.join(", ") },
  ];
  writeTable(screen, columns, solutions);
  screen.line`\nlicensectl plan <solution> says which licenses one of them needs.`;
}

/** Writes the answer for people. */
export function writePlans(screen: Screen, answer: PlanLicensesResponse): void {
  const { solution, architecture, productVersion, plans } = answer;
  const version = productVersion === "" ? "a version that is not known" : `version ${productVersion}`;
  const choice = plans.length === 1 ? "one way" : `${plans.length} ways, of which one is enough`;
  screen.line`${styled("bold", solution)} on ${architecture}, ${version}: ${choice}.`;
  for (const [index, { licenses }] of plans.entries()) {
    if (plans.length > 1) screen.line`\n${index + 1}.`;
    writeTable(screen, COLUMNS, licenses, "  ");
  }
  if (productVersion === "") {
    screen.line`\nOnly what is enough in every version is planned; name yours, for example --product-version E0760.`;
  }
}

const COLUMNS: ReadonlyArray<Column<LicensePlan["licenses"][number]>> = [
  { title: "ITEM", cell: ({ item }) => styled("bold", item) },
  { title: "EDITION", cell: ({ edition }) => edition },
  { title: "BY", cell: showUnit },
  { title: "TITLE", cell: ({ title }) => title },
];

function showUnit({ unit, packSizes }: PlannedLicense): string {
  return packSizes.length === 0 ? unit : `${unit}, in packs of ${packSizes.join(", ")}`;
}
