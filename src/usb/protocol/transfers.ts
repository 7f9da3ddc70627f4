/** Transfers of one exchange: each within its timeout, all within the deadline, none longer than asked. */
import { type UsbConnection, UsbFault } from "../bus/bus.ts";
import { KeyFault } from "./key-fault.ts";
import type { ExchangeLimits } from "./limits.ts";

/** The transfers of one exchange. */
export interface Transfers {
  /**
   * Reads at most `length` bytes.
   *
   * @throws UsbFault; KeyFault NOT_A_KEY when more came.
   */
  read(request: number, value: number, length: number): Promise<Uint8Array>;
  /** @throws UsbFault */
  write(request: number, value: number, data: Uint8Array): Promise<void>;
}

/** Begins an exchange that ends at the latest after `durationMs`. */
export function beginTransfers(
  connection: UsbConnection,
  limits: ExchangeLimits,
  durationMs: number,
): Transfers {
  const endsAtMs = limits.monotonicMs() + durationMs;
  const nextTimeoutMs = (): number => {
    const leftMs = Math.ceil(endsAtMs - limits.monotonicMs());
    if (leftMs > 0) return Math.min(leftMs, limits.transferMs);
    throw new UsbFault("TIMEOUT", `the device took longer than ${durationMs} ms for the whole exchange`);
  };
  return {
    read: async (request, value, length) => {
      const answer = await connection.read(request, value, length, nextTimeoutMs());
      if (answer.length <= length) return answer;
      throw new KeyFault("NOT_A_KEY", "it sends more than it was asked for");
    },
    write: async (request, value, data) => connection.write(request, value, data, nextTimeoutMs()),
  };
}
