import { type EmulatedDevice, parseSetup, type Setup, type SetupReply } from "./emulated-device.ts";

/** One vendor request to a device that is tampered with. */
export interface Tampering {
  readonly setup: Setup;
  /** How often this request was made before. */
  readonly count: number;
  /** What the device beneath answers. */
  readonly honest: () => SetupReply;
}

/** Answers a request in place of the device; `undefined`: the device answers. */
export type Tamper = (tampering: Tampering) => SetupReply | undefined;

/** A device whose answers are changed on their way; standard requests pass, so that a kernel takes it for a device. */
export function tampered(device: EmulatedDevice, tamper: Tamper, replyDelayMs = 0): EmulatedDevice {
  const counts = new Map<number, number>();
  const { vendorId, productId } = device;
  return {
    vendorId,
    productId,
    replyDelayMs,
    handleSetup(bytes, data) {
      const setup = parseSetup(bytes);
      const honest = () => device.handleSetup(bytes, data);
      if (setup?.type !== "vendor") return honest();
      const count = counts.get(setup.request) ?? 0;
      counts.set(setup.request, count + 1);
      return tamper({ setup, count, honest }) ?? honest();
    },
  };
}

/** Answers one request always alike. */
export function always(request: number, reply: SetupReply): Tamper {
  return ({ setup }) => (setup.request === request ? reply : undefined);
}

/** Changes the data that answers one request. */
export function changed(request: number, change: (answer: Buffer, count: number) => Uint8Array): Tamper {
  return ({ setup, count, honest }) => {
    if (setup.request !== request) return undefined;
    const answer = honest();
    return answer instanceof Uint8Array ? change(Buffer.from(answer), count) : answer;
  };
}
