import type { ListenAddress } from "./settings.ts";

/** "host:port", with IPv6 addresses in brackets. */
export function addressText({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
