/** Runs a product's conformance file over gRPC, against real servers on real PostgreSQL. */
import { isDeepStrictEqual } from "node:util";
import test, { type ExecutionContext } from "ava";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { type ConformanceFile, readConformanceFile } from "../../helpers/conformance.ts";
import { type Answer, compareAnswer } from "../../helpers/conformance-answer.ts";
import { canBeServed, groupByServer, type ServerGroups } from "../../helpers/conformance-groups.ts";
import { ConformanceServer } from "../../helpers/conformance-server.ts";

/** Declares the tests of a product: one for each server that its cases need, one after the other. */
export function testProduct(product: string): void {
  const file = readConformanceFile(product);
  const profile = loadProfile(product);
  const servers = groupByServer(profile, file.origin, file.cases.filter(canBeServed));
  for (const [index, server] of servers.entries()) {
    test.serial(`${product}: ${titleOf(server, index)}`, (t) => askServer(t, profile, file, server));
  }
}

function titleOf({ version, firstStart, groups }: ServerGroups, index: number): string {
  const cases = groups.reduce((sum, group) => sum + group.cases.length, 0);
  const first = firstStart === undefined ? "long ago" : `on day ${firstStart}`;
  return `server ${index + 1}, first started ${first}, version ${version ?? "not set"}, answers ${cases} cases as written`;
}

/** Every case is asked; the failure tells those that were not answered as written, by title. */
async function askServer(
  t: ExecutionContext,
  profile: Profile,
  { origin }: ConformanceFile,
  groups: ServerGroups,
): Promise<void> {
  const server = await ConformanceServer.start(t, profile, origin, groups);
  const wrong = new Map<string, Answer>();
  const right = new Map<string, Answer>();
  let asked = 0;
  for (const group of groups.groups) {
    for await (const { one, origin: groupOrigin, actual } of server.ask(group)) {
      asked += 1;
      const compared = compareAnswer(groupOrigin, one, actual);
      if (isDeepStrictEqual(compared.actual, compared.expected)) continue;
      wrong.set(one.title, compared.actual);
      right.set(one.title, compared.expected);
    }
  }
  t.deepEqual(wrong, right);
  t.is(asked, groups.groups.flatMap(({ cases }) => cases).length);
}
