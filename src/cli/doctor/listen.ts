import { once } from "node:events";
import { createServer } from "node:net";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";
import type { ListenAddress } from "../../settings.ts";

/** Who holds an address: nobody, some program, or it cannot be listened on. */
export type Holder = "nobody" | "a program" | { readonly error: unknown };

/** Tries to listen, which is what a server will do, and stops at once. */
export async function findHolder({ host, port }: ListenAddress): Promise<Holder> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    return isErrorWithCode(error, "EADDRINUSE") ? "a program" : { error };
  }
  server.close();
  await once(server, "close");
  return "nobody";
}

/** Where a program that listens there is met from this machine. */
export function localAddress({ host, port }: ListenAddress): ListenAddress {
  if (host === "0.0.0.0") return { host: "127.0.0.1", port };
  return host === "::" ? { host: "::1", port } : { host, port };
}
