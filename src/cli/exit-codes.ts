/** How licensectl ends. Stable: scripts depend on the numbers; docs/licensectl.md lists them. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** Understood and refused, with a reason: by the server, or by the rules that licensectl itself applies to files. */
  refused: 1,
  /** The command line, a setting or a file named on it is wrong. */
  usage: 2,
  /** No license service answers at the address, or not in time. */
  unreachable: 3,
  /** The server does not accept the token, or its role does not allow the call. */
  identity: 4,
  /** A defect of licensectl or of the server. */
  internal: 5,
} as const;

/** Name of one of {@link EXIT}. */
export type ExitKind = keyof typeof EXIT;
