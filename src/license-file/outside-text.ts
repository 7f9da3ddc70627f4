/** Text that others wrote travels in refusals and logs: it must not steer a terminal or flood a trailer. */

/** What a terminal, a log line or a reader's eye could trip over; and the two characters of the escape itself. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}"\\]/gu;

/**
 * Outside text made fit for a message (threat 27): control, invisible and bidirectional characters,
 * lone surrogates, quotes and backslashes as `\u{hex}`, and cut.
 *
 * @param text anything, of any length.
 * @param maxLength longest answer, in UTF-16 units, the ellipsis of a cut text included. Default: 120.
 */
export function outsideText(text: string, maxLength = 120): string {
  const escaped = text.slice(0, maxLength + 1).replace(UNSAFE, escapeCharacter);
  if (text.length <= maxLength && escaped.length <= maxLength) return escaped;
  return `${escaped
    .slice(0, maxLength - 1)
    .toWellFormed()
    .replace(/\uFFFD$/u, "")}…`;
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
