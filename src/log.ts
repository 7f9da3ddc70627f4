import pino from "pino";
import { outsideText } from "./license-file/outside-text.ts";

/** The service's log: pino, one JSON object a line. Nothing secret and no customer data goes in. */
export type Logger = pino.Logger;

/** What a log is made from. */
export interface LogOptions {
  /** Least level that is written. */
  readonly level: string;
  /** "json": one object a line; "pretty": lines for people. */
  readonly format: "json" | "pretty";
}

/** A log on standard output, and how to write out what it still holds. */
export interface Log {
  readonly log: Logger;
  /** Writes out what is buffered; to be called before the process exits. */
  flush(): void;
}

/** Opens the log. It writes in the background: a slow reader of the log does not stop the service. */
export async function openLog({ level, format }: LogOptions): Promise<Log> {
  const destination = await openDestination(format);
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    destination,
  );
  return { log, flush: () => destination.flushSync() };
}

async function openDestination(
  format: "json" | "pretty",
): Promise<pino.DestinationStream & { flushSync(): void }> {
  if (format === "json") return pino.destination({ dest: 1, sync: false });
  const { default: pretty } = await import("pino-pretty");
  const stream = pretty({
    translateTime: "SYS:HH:MM:ss",
    ignore: "requestId",
    singleLine: true,
    destination: 1,
    sync: true,
  });
  return Object.assign(stream, { flushSync: () => undefined });
}

const MAX_CAUSES = 4;
const MAX_STACK_LINES = 12;

/**
 * An error as the log shows it: name, code, message and stack, and the same of its causes. Other
 * members stay out; a database error, for one, carries the values of the row in `detail`.
 */
export function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: outsideText(String(error)) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const isLast = error.cause === undefined || depth >= MAX_CAUSES;
  const cause = isLast ? {} : { cause: describeError(error.cause, depth + 1) };
  return {
    name: error.name,
    ...code,
    message: outsideText(error.message, 500),
    stack: stackOf(error),
    ...cause,
  };
}

function stackOf(error: Error): readonly string[] {
  const lines = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return lines.slice(0, MAX_STACK_LINES).map((line) => outsideText(line.trim(), 300));
}
