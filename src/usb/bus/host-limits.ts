/**
 * How long the kernel may take for what it does alone, in milliseconds. It ends nothing early that hangs in it,
 * so a caller stops waiting instead.
 */
export interface HostLimits {
  /** To list the ports: from memory, but it waits for a device that is just being reset. */
  readonly listMs: number;
  /** To open a device and to claim its interface. */
  readonly openMs: number;
  /** To end a transfer, beyond the time that the transfer itself has. */
  readonly graceMs: number;
  /** To release a device. */
  readonly closeMs: number;
}

/** What a healthy host never takes. */
export const HOST_LIMITS: HostLimits = { listMs: 5000, openMs: 2000, graceMs: 500, closeMs: 1000 };
