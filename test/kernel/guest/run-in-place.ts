import { untilKeys } from "../../contract/usb-bus.ts";
import { type KernelCase, runCases } from "../results.ts";
import type { PlaceCase } from "./kernel-cases.ts";
import { KernelPlace } from "./kernel-place.ts";

/** Runs cases over the ports of the guest, one after another, and writes their results for the host to count. */
export class CasesInGuest {
  readonly #place = new KernelPlace();

  async run(cases: readonly PlaceCase[]): Promise<void> {
    await runCases(
      cases.map((one) => this.#inPlace(one)),
      (line) => console.log(line),
    );
  }

  close(): void {
    this.#place.close();
  }

  #inPlace({ title, run }: PlaceCase): KernelCase {
    return {
      title,
      run: async () => {
        await run(this.#place).finally(() => this.#place.clear());
        await untilKeys(this.#place, 0);
      },
    };
  }
}
