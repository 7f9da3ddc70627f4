import type { Writable } from "node:stream";
import { styleText } from "node:util";
import { clean, toJsonText } from "./text.ts";

/** How a piece of text is shown where colors are. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Text with a style. Its text is outside text until a {@link Screen} has cleaned it. */
export interface Styled {
  readonly text: string;
  readonly style: Style;
}

/** What may stand in a line or a cell. */
export type Inline = string | number | bigint | Styled;

/** Text with a style; the screen decides whether its stream takes colors. */
export function styled(style: Style, text: string): Styled {
  return { text, style };
}

/** One output stream. The only way by which text of others reaches a terminal: it cleans all of it. */
export interface Screen {
  /** Writes one line. What is put into the template is cleaned; the template itself is ours. */
  line(template: TemplateStringsArray, ...values: readonly Inline[]): void;
  /** Writes "label  value" lines, values aligned; pairs without a value are left out. */
  fields(pairs: ReadonlyArray<readonly [label: string, value: Inline | undefined]>, indent?: string): void;
  /** Writes text made by us, as it is. */
  raw(text: string): void;
  /** Writes a value as one JSON document: indented, or on one line. */
  json(value: unknown, layout?: "indented" | "line"): void;
  /** The text of an {@link Inline}: cleaned, and colored if the stream takes colors. */
  show(value: Inline): string;
}

/**
 * A screen on a stream. Colors appear only if `useColor` is true and the stream is a terminal;
 * NO_COLOR and FORCE_COLOR decide before that, as in Node itself.
 */
export function createScreen(stream: Writable, useColor: boolean): Screen {
  const show = (value: Inline): string => {
    if (typeof value !== "object") return clean(String(value));
    const text = clean(value.text);
    return useColor && text !== "" ? styleText(value.style, text, { stream }) : text;
  };
  const raw = (text: string): void => {
    stream.write(text);
  };
  return {
    show,
    raw,
    line: (template, ...values) => raw(`${String.raw({ raw: template }, ...values.map(show))}\n`),
    json: (value, layout = "indented") => raw(`${toJsonText(value, layout === "indented" ? 2 : 0)}\n`),
    fields(pairs, indent = "") {
      const present = pairs.filter((pair): pair is readonly [string, Inline] => pair[1] !== undefined);
      const width = Math.max(0, ...present.map(([label]) => label.length));
      for (const [label, value] of present) raw(`${indent}${label.padEnd(width)}  ${show(value)}\n`);
    },
  };
}
