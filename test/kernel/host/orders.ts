/** Gives orders to a guest. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { GREETING, type Order, type OrderReply } from "../guest/orders.ts";
import type { Guest } from "./guest.ts";

const RETRY_MS = 300;

/** A guest that takes orders. */
export interface Orders {
  /** Resolves when it is done; rejects with why it is not. */
  give(order: Order): Promise<OrderReply>;
}

/**
 * Waits until a guest takes orders.
 *
 * @param port of loopback, which leads to the guest's.
 */
export async function giveOrders(port: number, guest: Guest): Promise<Orders> {
  const socket = await connectPatiently(port, guest);
  const waiting = new Map<number, (reply: OrderReply) => void>();
  let orders = 0;
  createInterface({ input: socket }).on("line", (line) => {
    const reply: OrderReply = JSON.parse(line);
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  socket.once("close", () => {
    for (const [id, answer] of waiting) answer({ id, error: "the guest is gone" });
  });
  const give = async (order: Order): Promise<OrderReply> => {
    orders += 1;
    const id = orders;
    const replied = new Promise<OrderReply>((resolve) => waiting.set(id, resolve));
    socket.write(`${JSON.stringify({ ...order, id })}\n`);
    const reply = await replied;
    if (reply.error !== undefined) throw new Error(`${order.order}: ${reply.error}`);
    return reply;
  };
  return { give };
}

/** The machine's network takes connections before anything in the machine does, and drops them then. */
async function connectPatiently(port: number, guest: Guest): Promise<Socket> {
  while (!guest.isOff()) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    const isGreeted = await Promise.race([
      once(socket, "data").then(([data]) => String(data) === GREETING),
      once(socket, "close").then(() => false),
    ]).catch(() => false);
    if (isGreeted) return socket;
    socket.destroy();
    await delay(RETRY_MS);
  }
  throw new Error("the guest ended before it took orders");
}
