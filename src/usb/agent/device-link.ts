import type { Timers } from "../../snapshot/timers.ts";
import { type UsbConnection, type UsbDevice, UsbFault } from "../bus/bus.ts";
import type { AgentTiming } from "./agent-timing.ts";
import { PatientCalls } from "./patient-calls.ts";

/** The only way to a device: one exchange at a time, each on a connection of its own and within its time. */
export class DeviceLink {
  readonly #device: UsbDevice;
  readonly #timing: AgentTiming;
  readonly #calls: PatientCalls;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(device: UsbDevice, timers: Timers, timing: AgentTiming) {
    this.#device = device;
    this.#timing = timing;
    this.#calls = new PatientCalls(timers);
  }

  /**
   * Opens the device once earlier exchanges have ended, works with it and closes it.
   *
   * @throws UsbFault, also GONE once the link is closed; NoAnswerError; what `work` throws.
   */
  use<T>(work: (connection: UsbConnection) => Promise<T>): Promise<T> {
    const exchange = this.#last.then(() => this.#use(work));
    this.#last = exchange.catch(() => undefined);
    return exchange;
  }

  /** Begins no exchange any more; resolves once the one that runs has ended or its time is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #use<T>(work: (connection: UsbConnection) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new UsbFault("GONE", "the device is not looked at any more");
    this.#calls.requireIdle();
    const connection = await this.#open();
    try {
      return await this.#calls.make(this.#timing.exchangeMs, () => work(connection));
    } finally {
      await this.#calls.make(this.#timing.patienceMs, () => connection.close()).catch(() => undefined);
    }
  }

  async #open(): Promise<UsbConnection> {
    let isLate = false;
    const open = async (): Promise<UsbConnection> => {
      const connection = await this.#device.open();
      // Nobody waits for it any more; left open, it would keep the device busy for ever.
      if (isLate) await connection.close();
      return connection;
    };
    try {
      return await this.#calls.make(this.#timing.patienceMs, open);
    } catch (error) {
      isLate = true;
      throw error;
    }
  }
}
