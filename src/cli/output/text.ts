/**
 * Names, claims and messages come from files and servers that somebody else wrote. Before they reach
 * a terminal they lose everything that could move its cursor, recolor it or turn the reading
 * direction (threat 27).
 */

const LINE_BREAKS = /[\r\n\t\v\f\u0085\u2028\u2029]+/gu;
// Cc: C0 and C1 controls; Cf: invisible formatting, direction marks included; Cs: lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}]/gu;

/** The text on one line, without control and invisible formatting characters. */
export function clean(text: string): string {
  return text.replace(LINE_BREAKS, " ").replace(UNPRINTABLE, "");
}

// JSON.stringify escapes C0 controls and lone surrogates itself; a terminal acts on these too.
const RISKY_IN_JSON = /[\u007f-\u009f\u2028\u2029\p{Cf}]/gu;

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}

/**
 * JSON text of a value that holds the same data, with characters that a terminal acts on written as
 * escapes. `indent` in spaces; 0: one line. A bigint becomes a string of digits, as in protobuf JSON.
 */
export function toJsonText(value: unknown, indent: number): string {
  const text = JSON.stringify(
    value,
    (_, part) => (typeof part === "bigint" ? part.toString() : part),
    indent,
  );
  return text.replace(RISKY_IN_JSON, escapeUnits);
}
