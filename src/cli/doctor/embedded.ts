import { shownPath } from "../../platform/shown-path.ts";
import type { FoundCluster } from "../../store/embedded/find-cluster.ts";
import { type Finding, fail, ok } from "./check.ts";

/** How the PostgreSQL of the data directory is; it belongs to the server, which starts and stops it. */
export function judgeCluster(cluster: FoundCluster): Finding {
  if (cluster.state === "none") {
    return ok(
      "DATABASE_URL is unset, and there is no PostgreSQL of this data directory yet: the first start makes it",
    );
  }
  if (cluster.state === "lost") {
    return fail(
      `DATABASE_URL is unset, and ${shownPath(cluster.directory)}, where the database of this data directory lay, is gone.`,
      "Restore it from a backup, together with the data directory.",
    );
  }
  const where = `DATABASE_URL is unset; the PostgreSQL in ${shownPath(cluster.directory)}`;
  if (cluster.state === "stopped") return ok(`${where} is stopped, as it is while no server runs`);
  return ok(`${where} runs as process ${cluster.pid}`);
}
