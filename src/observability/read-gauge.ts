import { Gauge, type Registry } from "prom-client";

/** One value of a gauge. */
export interface Sample<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

/** A gauge of a registry. */
export interface GaugeOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

/** Adds a gauge whose values are read at every scrape; label sets that are not read any more are gone. */
export function addGauges<Label extends string>(
  registry: Registry,
  { name, help, labels }: GaugeOptions<Label>,
  read: () => readonly Sample<Label>[],
): void {
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const sample of read()) this.set(sample.labels, sample.value);
    },
  });
}

/** Adds a gauge without labels; `undefined`: it has no value now, and is left out. */
export function addGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | undefined,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}

/** How many things have each label: every `known` one, also with none. */
export function countBy<Label extends string>(
  label: Label,
  known: readonly string[],
  things: Iterable<string>,
): readonly Sample<Label>[] {
  const counts = new Map(known.map((name) => [name, 0]));
  for (const name of things) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, value]) => ({ labels: { [label]: name } as Record<Label, string>, value }));
}
