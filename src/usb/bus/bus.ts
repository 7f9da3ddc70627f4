/** The USB ports of a host, as far as license keys need them: list, watch, exchange. */

/** The ports of one host. */
export interface UsbBus {
  /**
   * Every device that is plugged in now.
   *
   * @throws UsbFault "NO_USB_SUPPORT" when the host has no USB, another kind when the ports cannot be read.
   */
  list(): Promise<readonly UsbDevice[]>;
  /**
   * Calls back after something was plugged in or pulled, where the host tells; it may tell late, twice or never.
   * Never throws, also on a host without USB.
   *
   * @returns ends the watch.
   */
  watch(onChange: () => void): () => void;
}

/** A device that is plugged in. */
export interface UsbDevice {
  /** One text for one stay in one port: a device that was pulled and plugged in again has another. */
  readonly id: string;
  /** Place on the host, for people: "1-2.4". */
  readonly port: string;
  readonly vendorId: number;
  readonly productId: number;
  /**
   * Opens the device for one user at a time.
   *
   * @throws UsbFault
   */
  open(): Promise<UsbConnection>;
}

/** An open device. Its methods are called one after another; each throws UsbFault. */
export interface UsbConnection {
  /** A vendor request to interface 0 that reads: at most `length` bytes come back. */
  read(request: number, value: number, length: number, timeoutMs: number): Promise<Uint8Array>;
  /** A vendor request to interface 0 that writes. */
  write(request: number, value: number, data: Uint8Array, timeoutMs: number): Promise<void>;
  /** Never throws; also for a device that is gone. */
  close(): Promise<void>;
}

/** What can go wrong with a device, whatever library or kernel says it. */
export const USB_FAULT_KINDS = [
  "NO_USB_SUPPORT",
  "NO_PERMISSION",
  "BUSY",
  "STALL",
  "TIMEOUT",
  "GONE",
  "OTHER",
] as const;
export type UsbFaultKind = (typeof USB_FAULT_KINDS)[number];

/** A failure of a bus or a device. */
export class UsbFault extends Error {
  override readonly name = "UsbFault";
  readonly kind: UsbFaultKind;

  constructor(kind: UsbFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
