import type { Clock } from "../clock.ts";
import { DOMAIN_ALERT_KINDS } from "../domain/alerts.ts";
import type { Instant } from "../domain/license.ts";
import type { Logger } from "../log.ts";
import { alarmAt } from "../snapshot/alarm.ts";
import type { Alert } from "../snapshot/alert.ts";
import { alertsOfState, isLoud, nextAlertChangeOf } from "../snapshot/alerts-of-state.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { Timer, Timers } from "../snapshot/timers.ts";

/** What an {@link AlertLog} works with. */
export interface AlertLogOptions {
  readonly hub: Pick<SnapshotHub, "current" | "subscribe">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
}

/** Kinds that nobody else writes to the log. */
const LOGGED: readonly Alert["kind"][] = [...DOMAIN_ALERT_KINDS, "TAMPERED_ROW"];

/**
 * Writes alerts to the log of the node: one line when one begins, one when it stands no longer, however
 * often the state is evaluated in between. It wakes by itself where time alone begins one. A node that
 * starts tells all that stand.
 */
export class AlertLog {
  readonly #options: AlertLogOptions;
  readonly #unsubscribe: () => void;
  #standing: ReadonlyMap<string, Alert> = new Map();
  #alarm: Timer | undefined;
  #wakesAt: Instant | undefined;

  /** Tells what stands now, and goes on from there. */
  constructor(options: AlertLogOptions) {
    this.#options = options;
    this.#unsubscribe = options.hub.subscribe(() => this.#look());
    this.#look();
  }

  /** Ends the log. */
  close(): void {
    this.#unsubscribe();
    this.#alarm?.cancel();
  }

  #look(): void {
    const { hub, clock } = this.#options;
    const { state } = hub.current();
    const now = clock.now();
    const alerts = alertsOfState(state, now).filter(({ kind }) => LOGGED.includes(kind));
    const before = this.#standing;
    this.#standing = new Map(alerts.map((alert) => [nameOf(alert), alert]));
    for (const alert of alerts) this.#tell(alert, before.get(nameOf(alert)));
    for (const [name, alert] of before) if (!this.#standing.has(name)) this.#tellEnd(alert);
    this.#wake(nextAlertChangeOf(state, now));
  }

  /** One that was put off says so when it was put off, and begins again when its day is over. */
  #tell(alert: Alert, before: Alert | undefined): void {
    if (!isLoud(alert) || (before !== undefined && isLoud(before))) return;
    const { kind, subject, severity, message, remedy } = alert;
    const fields = { alert: kind, subject, severity };
    const text = `${message} ${remedy}`;
    if (severity === "INFO") this.#options.log.info(fields, text);
    else this.#options.log.warn(fields, text);
  }

  #tellEnd({ kind, subject }: Alert): void {
    this.#options.log.info({ alert: kind, subject }, "an alert stands no longer");
  }

  #wake(at: Instant | undefined): void {
    if (at === this.#wakesAt) return;
    this.#alarm?.cancel();
    this.#wakesAt = at;
    const { clock, timers } = this.#options;
    this.#alarm = at === undefined ? undefined : alarmAt(clock, timers, at, () => this.#look());
  }
}

function nameOf({ kind, subject }: Alert): string {
  return `${kind} ${subject}`;
}
