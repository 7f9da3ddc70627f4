/**
 * JSON that a person wrote, read so that a mistake is found by its line. JSON.parse tells no line for some
 * mistakes, and of two members with one name it silently takes the last.
 */
import { outsideText } from "../license-file/outside-text.ts";

/** A value, or what is wrong with the text and in which line. */
export type ReadJson = { readonly value: unknown } | { readonly problem: string };

/** A token after white space: punctuation, string, number or word; or nothing of these. */
const TOKEN =
  /[ \t\r\n]*(?:(?<mark>[{}[\],:])|(?<text>"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?<plain>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/uy;

/** What may come next. */
type Wanted = "value" | "first value" | "name" | "first name" | "colon" | "more" | "end";

/** An object with its names so far, or an array. */
type Frame = Set<string> | "array";

interface Reader {
  readonly frames: Frame[];
  wanted: Wanted;
}

interface Token {
  readonly mark: string | undefined;
  readonly text: string | undefined;
}

/** Reads the text of a JSON file. Never throws, whatever the text. */
export function readJson(text: string): ReadJson {
  const reader: Reader = { frames: [], wanted: "value" };
  const token = new RegExp(TOKEN);
  for (let end = 0; ; end = token.lastIndex) {
    token.lastIndex = end;
    const groups = token.exec(text)?.groups;
    const isAtEnd = groups === undefined && text.slice(end).trim() === "";
    if (isAtEnd && reader.wanted === "end") return { value: JSON.parse(text) };
    const fault =
      groups === undefined
        ? `expected ${describe(reader)}`
        : take(reader, { mark: groups["mark"], text: groups["text"] });
    if (fault !== undefined) return { problem: problemAt(text, end, fault) };
  }
}

function problemAt(text: string, end: number, fault: string): string {
  const rest = text.slice(end).trimStart();
  const line = text.slice(0, text.length - rest.length).split("\n").length;
  const word = (rest.split(/\s/u)[0] ?? "").replaceAll('"', "'");
  const found = rest === "" ? "the end of the file" : `"${outsideText(word, 20)}"`;
  return `line ${line}: ${fault}, found ${found}`;
}

/** Takes a token in; the answer is what is wrong with it. */
function take(reader: Reader, token: Token): string | undefined {
  const { wanted, frames } = reader;
  if (closes(reader, token.mark)) {
    frames.pop();
    reader.wanted = afterValue(reader);
  } else if (wanted === "more" && token.mark === ",") {
    reader.wanted = frames.at(-1) === "array" ? "value" : "name";
  } else if (wanted === "colon" && token.mark === ":") {
    reader.wanted = "value";
  } else if ((wanted === "name" || wanted === "first name") && token.text !== undefined) {
    return takeName(reader, token.text);
  } else if (wanted === "value" || wanted === "first value") {
    return takeValue(reader, token.mark);
  } else return `expected ${describe(reader)}`;
  return undefined;
}

function closes({ wanted, frames }: Reader, mark: string | undefined): boolean {
  if (frames.at(-1) === "array") return mark === "]" && (wanted === "more" || wanted === "first value");
  return mark === "}" && (wanted === "more" || wanted === "first name");
}

function takeName(reader: Reader, text: string): string | undefined {
  const names = reader.frames.at(-1);
  const name: unknown = JSON.parse(text);
  if (!(names instanceof Set) || typeof name !== "string") return undefined;
  if (names.has(name)) return "expected every name once in an object";
  names.add(name);
  reader.wanted = "colon";
  return undefined;
}

function takeValue(reader: Reader, mark: string | undefined): string | undefined {
  if (mark === "{" || mark === "[") {
    reader.frames.push(mark === "{" ? new Set() : "array");
    reader.wanted = mark === "{" ? "first name" : "first value";
  } else if (mark === undefined) reader.wanted = afterValue(reader);
  else return `expected ${describe(reader)}`;
  return undefined;
}

function afterValue({ frames }: Reader): Wanted {
  return frames.length === 0 ? "end" : "more";
}

function describe({ wanted, frames }: Reader): string {
  const close = frames.at(-1) === "array" ? '"]"' : '"}"';
  const words: Record<Wanted, string> = {
    value: "a value",
    "first value": `a value or ${close}`,
    name: "a name in double quotes",
    "first name": `a name in double quotes or ${close}`,
    colon: '":"',
    more: `"," or ${close}`,
    end: "the end of the file",
  };
  return words[wanted];
}
