/** What the host asks of a guest that runs a server, and what it gets: lines of JSON on one connection. */
import type { DeviceSpec } from "../../contract/usb-devices.ts";

/** TCP port of the guest that takes orders. */
export const ORDERS_PORT = 7000;
/** TCP port of the guest that the server serves gRPC on. */
export const SERVICE_PORT = 50_051;
/** Where the server keeps its data. */
export const DATA_DIRECTORY = "/tmp/data";

/** What the guest says first: a connection that is made before may lead nowhere. */
export const GREETING = "ready\n";

/** Something to do. */
export type Order =
  /** Starts the server; done once it serves. */
  | { readonly order: "serve"; readonly settings: Readonly<Record<string, string>> }
  /** Reads a file of the data directory. */
  | { readonly order: "read"; readonly file: string }
  | { readonly order: "plug"; readonly spec: DeviceSpec }
  | { readonly order: "pull"; readonly device: number };

/** An order with its number. */
export type NumberedOrder = Order & { readonly id: number };

/** What came of an order. */
export interface OrderReply {
  readonly id: number;
  /** Number of a device that is plugged in now. */
  readonly device?: number;
  /** Text of a file. */
  readonly text?: string;
  /** Why it failed. */
  readonly error?: string;
}
