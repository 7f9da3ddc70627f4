/** PostgreSQL's own log: a file, so that a postmaster outliving the service still has somewhere to write. */
import { type FileHandle, open, rename, stat } from "node:fs/promises";

/** From this size on, a start puts the log aside as `<log>.1` and begins a new one. */
const ROTATE_AT_BYTES = 1024 * 1024;
const MAX_LAST_WORDS = 240;

const TIME_AND_PROCESS = /^[-0-9]{10} [:.0-9]+ \w+ \[\d+\] /;
/** Among them the answer to our own knocking at a door that is not open yet. */
const SAYS_NOTHING =
  /starting PostgreSQL|listening on|is starting up|system is shut down|removing (data|contents)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** An open log, and where the words of this start begin in it. */
export interface OpenLog {
  readonly handle: FileHandle;
  readonly startsAtByte: number;
}

/** Opens the log for appending, and first puts it aside if it has grown large. */
export async function openLog(path: string): Promise<OpenLog> {
  const size = await sizeOf(path);
  if (size >= ROTATE_AT_BYTES) await rename(path, `${path}.1`);
  const handle = await open(path, "a", 0o600);
  return { handle, startsAtByte: size >= ROTATE_AT_BYTES ? 0 : size };
}

/** What was written to the log from a byte on, at most 64 KiB of it. */
export async function readLogFrom(path: string, startsAtByte: number): Promise<string> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, startsAtByte);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The last telling lines of a program's output, as one escaped line of at most 240 characters. */
export function lastWords(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(TIME_AND_PROCESS, ""));
  const telling = lines.filter((line) => line.trim() !== "" && !SAYS_NOTHING.test(line));
  const text = telling.slice(-3).join(" / ");
  const printable = text.replace(UNPRINTABLE, "?");
  return printable.length > MAX_LAST_WORDS ? `${printable.slice(0, MAX_LAST_WORDS)}...` : printable;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
