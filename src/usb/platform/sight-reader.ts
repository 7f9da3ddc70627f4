import type { NodeSight } from "../../domain/usb/sights.ts";
import { readSightRow } from "../../platform/usb-rows.ts";
import type { UsbReading } from "../../store/usb.ts";

/** Verifies what nodes said, each text once as long as it stands: a signature costs more than all the rest. */
export class SightReader {
  readonly #publicKeyX: string;
  #known = new Map<string, Promise<NodeSight | undefined>>();

  /** @param publicKeyX public key of this platform, JWK member `x`. */
  constructor(publicKeyX: string) {
    this.#publicKeyX = publicKeyX;
  }

  /** The sights that verify; a node whose row does not has seen nothing (EV-8). */
  async read({ nodes }: UsbReading): Promise<readonly NodeSight[]> {
    const known = this.#known;
    const next: typeof known = new Map();
    const sights = nodes.map(({ id, sight }) => {
      if (sight === undefined) return undefined;
      const name = `${id} ${sight}`;
      const read = known.get(name) ?? readSightRow(this.#publicKeyX, id, sight);
      next.set(name, read);
      return read;
    });
    this.#known = next;
    return (await Promise.all(sights)).filter((sight) => sight !== undefined);
  }
}
