/** A guest with a whole server in it: this host has its database, and calls it as any client would. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, openAuthority } from "../../../src/license-file/authority.ts";
import { TEST_VENDOR_DIRECTORY } from "../../../src/license-file/test-vendor.ts";
import { parseRequestCode } from "../../../src/platform/request-code.ts";
import {
  ensureDatabase,
  MAINTENANCE_DATABASE,
  SERVICE_DATABASE,
} from "../../../src/store/embedded/connection.ts";
import { migrate } from "../../../src/store/migrate.ts";
import type { DeviceSpec } from "../../contract/usb-devices.ts";
import { freePort } from "../../helpers/free-port.ts";
import { startTemporaryCluster } from "../../helpers/temporary-cluster.ts";
import { ORDERS_PORT, SERVICE_PORT } from "../guest/orders.ts";
import { startGuest } from "./guest.ts";
import type { GuestImage } from "./image.ts";
import { giveOrders } from "./orders.ts";

/** The host as its guests see it. */
const HOST_SEEN_BY_GUEST = "10.0.2.2";

/** Where things are kept that end with a run. */
export type Ending = () => Promise<void> | void;

/** A server over a real kernel. */
export interface ServiceGuest {
  /** "host:port" of its gRPC. */
  readonly address: string;
  readonly adminToken: string;
  /** Thumbprint of its platform. */
  readonly thumbprint: string;
  /** The vendor whom it believes. */
  readonly vendor: Authority;
  /** Plugs a device into its kernel. */
  plug(spec: DeviceSpec): Promise<{ pull(): Promise<void> }>;
  /** Switches it off and removes its database. */
  stop(): Promise<void>;
}

/** How to start a {@link ServiceGuest}. */
export interface ServiceGuestOptions {
  readonly image: GuestImage;
  /** See {@link startGuest}. */
  readonly consoleLog: string;
  /** See {@link startGuest}. */
  readonly limitMs: number;
  /** Takes each line that the server logs. */
  readonly onLine: (line: string) => void;
}

/** Starts a guest with a server; resolves once that serves. */
export async function startServiceGuest(options: ServiceGuestOptions): Promise<ServiceGuest> {
  const endings: Ending[] = [];
  const stop = async () => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    return { ...(await start(options, endings)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: ServiceGuestOptions, endings: Ending[]): Promise<Omit<ServiceGuest, "stop">> {
  const [ordersPort, servicePort] = [await freePort(), await freePort()];
  const guest = startGuest({
    ...options,
    entry: "test/kernel/guest/service.ts",
    forwards: { [ordersPort]: ORDERS_PORT, [servicePort]: SERVICE_PORT },
  });
  endings.push(guest.stop);
  const databaseUrl = await startDatabase(endings);
  const orders = await giveOrders(ordersPort, guest);
  await orders.give({ order: "serve", settings: settingsFor(databaseUrl) });
  const read = async (file: string) => (await orders.give({ order: "read", file })).text ?? "";
  const code = await parseRequestCode(await read("request-code.txt"));
  return {
    address: `127.0.0.1:${servicePort}`,
    adminToken: (await read("admin-token")).trim(),
    thumbprint: code?.thumbprint ?? "",
    vendor: await copyVendor(read, endings),
    async plug(spec) {
      const { device = -1 } = await orders.give({ order: "plug", spec });
      return { pull: async () => void (await orders.give({ order: "pull", device })) };
    },
  };
}

function settingsFor(databaseUrl: string): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: databaseUrl,
    LICENSE_LISTEN: `0.0.0.0:${SERVICE_PORT}`,
    LICENSE_PLAINTEXT: "on",
    LICENSE_METRICS_LISTEN: "off",
    LICENSE_LOG_FORMAT: "json",
  };
}

/** @returns the URL by which the guest reaches a new database. */
async function startDatabase(endings: Ending[]): Promise<string> {
  const cluster = await startTemporaryCluster();
  endings.push(() => cluster.remove());
  await ensureDatabase(cluster.url(MAINTENANCE_DATABASE), SERVICE_DATABASE);
  const url = new URL(cluster.url(SERVICE_DATABASE));
  await migrate(url.href);
  const socket = `${url.searchParams.get("host")}/.s.PGSQL.${url.port}`;
  const links = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(socket);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      links.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      from.on("close", () => links.delete(from));
    }
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  endings.push(() => {
    listener.close();
    for (const link of links) link.destroy();
  });
  url.hostname = HOST_SEEN_BY_GUEST;
  url.port = String((listener.address() as AddressInfo).port);
  url.searchParams.delete("host");
  return url.href;
}

/** The files of the test vendor, whom a development server makes for itself. */
async function copyVendor(read: (file: string) => Promise<string>, endings: Ending[]): Promise<Authority> {
  const directory = await mkdtemp(join(tmpdir(), "license-kernel-"));
  endings.push(() => rm(directory, { recursive: true }));
  for (const file of ["private-key.pem", "anchor.json"]) {
    await writeFile(join(directory, file), await read(`${TEST_VENDOR_DIRECTORY}/${file}`), { mode: 0o600 });
  }
  return openAuthority(directory);
}
