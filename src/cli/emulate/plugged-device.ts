/** An emulated device that this process holds in a port. */
export interface PluggedDevice {
  /** For people: where it is plugged in. */
  readonly place: string;
  readonly port: string;
  /** Resolves once it is out, whoever pulled it: with what went wrong inside the device, else with `undefined`. */
  readonly ended: Promise<unknown>;
  unplug(): Promise<void>;
}
