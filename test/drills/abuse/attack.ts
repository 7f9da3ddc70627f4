/** What an attack is given, and what it counts. */

/** The server, as the abuser knows it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** A token that is in force, of the abuser's own. */
  readonly token: string;
  /** When it aborts, the attack ends. */
  readonly signal: AbortSignal;
}

/** Counts by what happened: "sent", "grpc-status 8", "closed by the server". */
export type Tally = (what: string) => void;

/** Runs until the target's signal aborts. */
export type Attack = (target: Target, tally: Tally) => Promise<void>;

/** Resolves when the attack is over. */
export function over({ signal }: Target): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
