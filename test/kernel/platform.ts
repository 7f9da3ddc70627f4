import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import {
  LicenseServiceService,
  type ListUsbKeysResponse,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import { issueLicense, type LicenseRequest } from "../../src/license-file/issue-license.ts";
import { keyOf } from "../contract/usb-devices.ts";
import { claimsFor, makeKey, type TestKey } from "../helpers/emulated-keys.ts";
import { RpcStream } from "../helpers/rpc-stream.ts";
import { createServiceCall, type ServiceCall } from "../helpers/service-calls.ts";
import type { ServiceGuest } from "./host/service-guest.ts";

const HOUR_S = 3600;
const LISTED_WITHIN_MS = 30_000;

/** The server of a guest as its admin sees it, with a key that its vendor has made. */
export class Platform {
  readonly key: TestKey = makeKey({ keyId: "KEY-1" });
  readonly call: ServiceCall<typeof LicenseServiceService>;
  readonly watch: RpcStream<WatchLicenseCapabilitiesResponse>;
  readonly #guest: ServiceGuest;
  readonly #client: Client;
  readonly #endings: (() => void | Promise<void>)[] = [];

  constructor(guest: ServiceGuest) {
    const { address, adminToken } = guest;
    this.#guest = guest;
    const t = { teardown: (end: () => void | Promise<void>) => void this.#endings.push(end) };
    this.call = createServiceCall(t, LicenseServiceService, address, adminToken);
    this.#client = new Client(address, credentials.createInsecure());
    this.watch = openWatch(this.#client, adminToken);
  }

  /** A license for the key: base enterprise, paid, for a year. */
  async license(): Promise<Buffer> {
    const now = Date.now();
    const seconds = Math.floor(now / 1000);
    const request = {
      iat: seconds - HOUR_S,
      exp: seconds + 365 * 24 * HOUR_S,
      profile: "zstack-cloud",
      item: "base",
      edition: "enterprise",
      term: "paid",
      quotas: { cpus: 64 },
      customer: "Example Customer",
      ...claimsFor(this.key),
    } as LicenseRequest;
    return Buffer.from(await issueLicense(this.#guest.vendor, request, now));
  }

  /** Plugs a key into the kernel. */
  plug({ dongle }: TestKey): Promise<{ pull(): Promise<void> }> {
    return this.#guest.plug(keyOf(dongle.memory));
  }

  /** Asks until the list is as wanted: nothing tells of a key that gives no rights. */
  async untilListed(isWanted: (list: ListUsbKeysResponse) => boolean): Promise<ListUsbKeysResponse> {
    const end = Date.now() + LISTED_WITHIN_MS;
    for (;;) {
      const list = await this.call("listUsbKeys");
      if (isWanted(list)) return list;
      if (Date.now() > end) throw new Error(`listed are: ${JSON.stringify(list.keys)}`);
      await delay(200);
    }
  }

  /** Ends its calls. */
  async close(): Promise<void> {
    this.watch.cancel();
    this.#client.close();
    for (const end of this.#endings) await end();
  }
}

function openWatch(client: Client, token: string): RpcStream<WatchLicenseCapabilitiesResponse> {
  const { path, requestSerialize, responseDeserialize } = LicenseServiceService.watchLicenseCapabilities;
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const bytes = requestSerialize({ includeUsage: false });
  return new RpcStream(client.makeServerStreamRequest(path, () => bytes, responseDeserialize, {}, metadata));
}
