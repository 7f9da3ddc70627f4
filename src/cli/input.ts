import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { CliError, usageError } from "./cli-error.ts";

/**
 * The bytes of a file, or of standard input for "-".
 * @throws CliError of kind usage when it cannot be read or holds more than `maxBytes`.
 */
export async function readInput(name: string, stdin: Readable, maxBytes: number): Promise<Buffer> {
  const source = name === "-" ? stdin : createReadStream(name);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > maxBytes) throw usageError(`${shownName(name)} is larger than ${maxBytes} bytes.`);
      chunks.push(bytes);
    }
  } catch (error) {
    throw error instanceof CliError ? error : unreadable(name, error);
  }
  return Buffer.concat(chunks, size);
}

function shownName(name: string): string {
  return name === "-" ? "standard input" : name;
}

function unreadable(name: string, error: unknown): CliError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const causes: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "you may not read it",
    EISDIR: "it is a directory",
  };
  return usageError(`${shownName(name)} cannot be read: ${causes[code] ?? code}.`);
}
