/** Label of every call whose path is no RPC of this server: callers choose paths, labels are kept. */
export const OTHER_RPC = "other";

/** Values of the label `rpc`, and which of them a path has. */
export interface RpcLabels {
  /** Each once; {@link OTHER_RPC} comes first. */
  readonly labels: readonly string[];
  /** Index in `labels` of a path as the caller sent it; 0 for an unknown one. */
  indexOf(path: string): number;
}

/** Labels of the RPCs at these paths. */
export function rpcLabels(paths: Iterable<string>): RpcLabels {
  const labels = [OTHER_RPC];
  const indexes = new Map<string, number>();
  for (const path of paths) {
    const label = rpcLabel(path);
    const known = labels.indexOf(label);
    indexes.set(path, known >= 0 ? known : labels.push(label) - 1);
  }
  return { labels, indexOf: (path) => indexes.get(path) ?? 0 };
}

/** "/license.v1.LicenseService/GetLicenseInfo" as "LicenseService/GetLicenseInfo". */
export function rpcLabel(path: string): string {
  const [service = "", method = ""] = path.slice(1).split("/");
  return `${service.slice(service.lastIndexOf(".") + 1)}/${method}`;
}
