const MAX_LENGTH = 120;

/** What JSON leaves as it is: DEL, C1 controls, and marks that turn the direction of writing. */
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A path for a message: in quotes, escaped, at most 120 characters; of a longer one its telling end. */
export function shownPath(path: string): string {
  const escaped = JSON.stringify(path).replace(UNPRINTABLE, escapeCharacter);
  return escaped.length > MAX_LENGTH ? `"...${escaped.slice(4 - MAX_LENGTH)}` : escaped;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
