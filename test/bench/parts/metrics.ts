/**
 * Calls that ended well, by the server's own count.
 *
 * @param address "host:port" of its metrics.
 * @param rpc such as "LicenseService/GetLicenseCapabilities".
 */
export async function okCalls(address: string, rpc: string): Promise<number> {
  const response = await fetch(`http://${address}/metrics`);
  if (!response.ok) throw new Error(`the metrics answered ${response.status}`);
  return countIn(await response.text(), rpc);
}

/** The counter of good calls in a text of Prometheus; 0: not counted yet. */
export function countIn(text: string, rpc: string): number {
  const line = text
    .split("\n")
    .find(
      (each) =>
        each.startsWith("license_rpc_calls_total{") &&
        each.includes(`rpc="${rpc}"`) &&
        each.includes('code="OK"'),
    );
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ") + 1));
}
