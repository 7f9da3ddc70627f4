import type { PlanLicensesRequest, PlanLicensesResponse } from "@license-service/contract";
import { type PlannedLicense, planLicenses } from "../domain/plan.ts";
import { parseProductVersion } from "../domain/product-version.ts";
import type { Profile } from "../domain/profile.ts";
import { ServiceError } from "../errors.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { UnaryHandler } from "./handler.ts";
import { invalidRequest } from "./messages/instants.ts";

/** Architecture that is planned for unless the request names one. */
const DEFAULT_ARCHITECTURE = "x86";

/** Answers which licenses a solution needs (US-PL-1), from the profile alone. */
export function createPlanLicenses(
  hub: Pick<SnapshotHub, "current">,
): UnaryHandler<PlanLicensesRequest, PlanLicensesResponse> {
  return (request) => {
    const { profile, facts } = hub.current().state;
    const { solution } = request;
    const architecture = request.architecture || DEFAULT_ARCHITECTURE;
    const version = request.productVersion ?? facts.productVersion;
    const isKnown = parseProductVersion(version) !== undefined;
    if (request.productVersion && !isKnown) throw unknownVersion();
    const plans = planLicenses(profile, { solution, version, architecture });
    if ("unknown" in plans) throw unknownSolution(profile, plans.unknown, request);
    return {
      solution,
      productVersion: isKnown ? (version ?? "") : "",
      architecture,
      plans: plans.map((licenses) => ({ licenses: licenses.map(toPlanned) })),
    };
  };
}

function toPlanned({ item, edition, unit, title, packSizes }: PlannedLicense) {
  return { item, edition: edition ?? "", unit: unit ?? "", title, packSizes: [...packSizes] };
}

/** A version that somebody asks for is meant: to plan for an unknown one instead would mislead. */
function unknownVersion(): ServiceError {
  const form =
    "has another form than E0730 or E0730P06; leave it empty to plan for a version that is not known";
  return invalidRequest("product_version", form);
}

function unknownSolution(
  { title, solutions }: Profile,
  unknown: "solution" | "architecture",
  { solution: name }: PlanLicensesRequest,
): ServiceError {
  const names = [...solutions.keys()];
  const architectures = [...(solutions.get(name)?.items.keys() ?? [])];
  const description =
    unknown === "architecture"
      ? `${name} can be planned for ${architectures.join(", ")}`
      : `${title.en} has ${names.length === 0 ? "no solutions to plan for" : `these: ${names.join(", ")}`}`;
  const what =
    unknown === "architecture"
      ? "The solution is not there for this architecture"
      : "The product has no such solution";
  return new ServiceError("UNKNOWN_SOLUTION", `${what}: ${description}.`, {
    fields: [{ field: unknown, description }],
    metadata: { solutions: listOf(solutions) },
  });
}

/** "vms=x86+arm,vms-isc=x86": names and architectures, for programs. */
function listOf(solutions: Profile["solutions"]): string {
  return [...solutions.values()].map(({ name, items }) => `${name}=${[...items.keys()].join("+")}`).join(",");
}
