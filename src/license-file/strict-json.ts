/**
 * JSON of which every reader has the same idea (threat 6). JSON.parse silently keeps the last of two
 * members with one name, rounds 2^53 + 1, reads 1e400 as Infinity and lets lone surrogates pass.
 */

/** A value; or what is wrong, and where: names joined by dots, raw outside text, "" for the document. */
export type StrictJson = { readonly value: unknown } | { readonly fault: string; readonly path: string };

/** A number whose text does not survive reading and writing. */
class InexactNumber {}

/**
 * Reads JSON that is written in the one form that JSON.stringify gives it: UTF-8 without a mark at its
 * start, no white space, no duplicate names, no needless escapes, numbers that a double holds exactly and
 * in their shortest form. Strings hold no lone surrogates, no member is named `__proto__`.
 *
 * @returns never throws, whatever the bytes.
 */
export function readStrictJson(bytes: Uint8Array): StrictJson {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const fault = findFault(JSON.parse(text, markInexactNumber), []);
    if (fault !== undefined) return fault;
    const value: unknown = JSON.parse(text);
    if (JSON.stringify(value) === text) return { value };
    return { fault: "it has duplicate names, white space or needless escapes", path: "" };
  } catch {
    // Not UTF-8, not JSON, or nested so deep that the stack ends.
    return { fault: "it is not JSON", path: "" };
  }
}

function markInexactNumber(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number") return value;
  return context?.source === undefined || context.source === JSON.stringify(value)
    ? value
    : new InexactNumber();
}

function findFault(value: unknown, path: readonly string[]): StrictJson | undefined {
  if (value instanceof InexactNumber) return faultAt("is not a number that is written exactly", path);
  if (typeof value === "string" && !value.isWellFormed()) return faultAt("holds a lone surrogate", path);
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name];
    if (name === "__proto__" || !name.isWellFormed()) return faultAt("has a name that is not allowed", at);
    const fault = findFault(member, at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultAt(fault: string, path: readonly string[]): StrictJson {
  return { fault, path: path.join(".") };
}
