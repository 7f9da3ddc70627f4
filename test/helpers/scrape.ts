/** Metrics as a scraper reads them. */

/** Values by series: the name with its labels, as in the text. */
export type Scrape = ReadonlyMap<string, number>;

/** Asks for the metrics and reads the text; throws on any line that is no series. */
export async function scrape(address: string | undefined): Promise<Scrape> {
  const response = await fetch(`http://${address}/metrics`);
  if (response.status !== 200) throw new Error(`metrics were answered with ${response.status}`);
  return readMetrics(await response.text());
}

/** The series of a text in Prometheus' format. */
export function readMetrics(text: string): Scrape {
  const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(series.map(readSeries));
}

const SERIES = /^(?<series>[a-z\d_]+(?:\{(?:[a-z_]+="[^"]*",?)+\})?) (?<value>[-+.\de]+|nan)$/i;

function readSeries(line: string): [series: string, value: number] {
  const { series, value } = SERIES.exec(line)?.groups ?? {};
  if (series === undefined || value === undefined) throw new Error(`no series: ${line}`);
  return [series, Number(value)];
}
