import { Histogram } from "prom-client";

/** One label set of a {@link CountedHistogram}. */
export interface CountedSeries<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  /** How many values fell into each bucket; one more than there are bounds, the last for what is above all. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** What a {@link CountedHistogram} is made of. */
export interface CountedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: Label;
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Asked at every scrape. */
  readonly read: () => readonly CountedSeries<Label>[];
}

/** What prom-client writes out; its types lack the name of the type. */
type Written<Label extends string> = Awaited<ReturnType<Histogram<Label | "le">["get"]>>;

/** A histogram whose values were counted elsewhere: prom-client asks a metric for its samples by `get`. */
export class CountedHistogram<Label extends string> extends Histogram<Label | "le"> {
  readonly #options: CountedHistogramOptions<Label>;

  constructor(options: CountedHistogramOptions<Label>) {
    const { name, help, label, bounds } = options;
    super({ name, help, labelNames: [label], buckets: [...bounds], registers: [] });
    this.#options = options;
  }

  override async get(): Promise<Written<Label>> {
    const { name, help, read } = this.#options;
    const values = read().flatMap((series) => samplesOf(this.#options, series));
    return { name, help, type: "histogram", aggregator: "sum", values } as unknown as Written<Label>;
  }

  /** What prom-client asks for in the place of `get` when it writes text. */
  getForPromString(): Promise<Written<Label>> {
    return this.get();
  }
}

function samplesOf<Label extends string>(
  { name, bounds }: CountedHistogramOptions<Label>,
  { labels, counts, sum }: CountedSeries<Label>,
) {
  let total = 0;
  const buckets = [...bounds, "+Inf"].map((le, index) => {
    total += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
