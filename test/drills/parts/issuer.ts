/** Licenses of the test vendor of a place, for its platform. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openAuthority } from "../../../src/license-file/authority.ts";
import { issueLicense, type LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { licenseIdOf } from "../../../src/license-file/license-of-claims.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { parseRequestCode } from "../../../src/platform/request-code.ts";
import type { ServerPlace } from "../../helpers/server-process.ts";

/** Issues one license with these claims: its signed bytes. */
export type Issue = (claims: Partial<LicenseRequest>) => Promise<string>;

/** A base license that modules stand on. */
export const BASE = { item: "base", edition: "standard", quotas: { cpus: 8 } } as const;

/** Opens the vendor of a place that a server has been started on. */
export async function issuerAt({ dataDirectory }: ServerPlace): Promise<Issue> {
  const vendor = await openAuthority(join(dataDirectory, "test-vendor"));
  const request = await parseRequestCode(await readFile(join(dataDirectory, "request-code.txt"), "utf8"));
  const now = Date.now();
  const common = {
    iat: Math.floor(now / 1000) - 60,
    sub: `request:${request?.thumbprint}`,
    profile: "zstack-cloud",
    term: "paid",
    customer: "Example",
    item: "base",
  } as const;
  return (claims) => issueLicense(vendor, { ...common, ...claims }, now);
}

/** Two licenses in one file, to be installed both or not at all. */
export interface Pair {
  readonly ids: readonly [string, string];
  readonly bytes: Buffer;
}

/** Issues packages of two modules each. */
export function issuePairs(issue: Issue, count: number): Promise<Pair[]> {
  return Promise.all(Array.from({ length: count }, () => issuePair(issue)));
}

async function issuePair(issue: Issue): Promise<Pair> {
  const [gpu, cdp] = await Promise.all([issue({ item: "gpu" }), issue({ item: "cdp" })]);
  const files = [gpu, cdp].map((signedBytes, index) => ({ fileName: `${index}.lic`, signedBytes }));
  return { ids: [licenseIdOf(gpu), licenseIdOf(cdp)], bytes: Buffer.from(await packLicenses(files)) };
}
