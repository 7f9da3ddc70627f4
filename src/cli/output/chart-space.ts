import type { Host } from "../context.ts";

const DEFAULT_WIDTH = 80;
const LEAST_WIDTH = 40;
const MOST_WIDTH = 400;

/** What the terminal can show: its columns, or those that COLUMNS names, or 80; blocks if the locale is of UTF-8. */
export function chartSpaceOf({ stdout, env }: Pick<Host, "stdout" | "env">): {
  readonly width: number;
  readonly hasUnicode: boolean;
} {
  const named = Number(env["COLUMNS"]);
  const width = stdout.columns ?? (Number.isInteger(named) && named > 0 ? named : DEFAULT_WIDTH);
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return {
    width: Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width)),
    hasUnicode: /utf-?8/i.test(locale),
  };
}
