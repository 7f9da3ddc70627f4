/** The drills in small form, as tests. */
import type { ExecutionContext } from "ava";
import type { DrillContext } from "../../drills/drill.ts";
import { DrillCluster, makeGround } from "../../drills/parts/cluster.ts";
import { FORGETFUL } from "../../helpers/temporary-cluster.ts";

/** A test as the context of a drill. */
export function asDrill(t: ExecutionContext): DrillContext {
  return { teardown: (work) => t.teardown(work), say: (line) => t.log(line) };
}

/** A cluster of the test's own, to be stopped and copied; not yet started. */
export async function makeCluster(t: ExecutionContext): Promise<DrillCluster> {
  return DrillCluster.at(t, await makeGround(t), "main", FORGETFUL);
}
