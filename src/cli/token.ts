/** Where the token comes from. A token is never an argument: arguments show in process lists and histories. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { usageError } from "./cli-error.ts";

/** A token that was found. */
export interface Token {
  /** The secret itself: sent to the server, never printed. */
  readonly value: string;
  /** Where it was found, for messages. */
  readonly source: string;
}

/** Where a token may be, in the order in which it is looked for. */
export interface TokenPlaces {
  /** --token-file. */
  readonly tokenFile: string | undefined;
  /** LICENSECTL_TOKEN. */
  readonly environmentToken: string | undefined;
  /** LICENSECTL_TOKEN_FILE. */
  readonly environmentTokenFile: string | undefined;
  /** --data-dir: the server's data directory, which holds the first admin token. */
  readonly dataDirectory: string | undefined;
  /** The default data directories count: the server runs on this machine, so that they may be its own. */
  readonly isLocal: boolean;
}

/** Data directories of a server on this machine: of a checkout, of an installation. */
export const DEFAULT_DATA_DIRECTORIES = ["data", "/var/lib/license-service"] as const;
const ADMIN_TOKEN_FILE = "admin-token";

/**
 * The token and the places that were searched in vain. The default data directories count only for a
 * server on this machine: the admin token of one's own server is not to be shown to another.
 * @throws CliError of kind usage when a place that was named holds no usable token.
 */
export async function findToken(
  places: TokenPlaces,
): Promise<{ token: Token | undefined; searched: readonly string[] }> {
  if (places.tokenFile !== undefined) return found(await readNamed(places.tokenFile, "--token-file"));
  if (places.environmentToken !== undefined) {
    return found(checked(places.environmentToken, "LICENSECTL_TOKEN"));
  }
  if (places.environmentTokenFile !== undefined) {
    return found(await readNamed(places.environmentTokenFile, "LICENSECTL_TOKEN_FILE"));
  }
  if (places.dataDirectory !== undefined) {
    return found(await readNamed(join(places.dataDirectory, ADMIN_TOKEN_FILE), "--data-dir"));
  }
  return places.isLocal ? searchDefaults() : { token: undefined, searched: [] };
}

function found(token: Token): { token: Token; searched: readonly string[] } {
  return { token, searched: [] };
}

async function searchDefaults(): Promise<{ token: Token | undefined; searched: readonly string[] }> {
  const searched: string[] = [];
  for (const directory of DEFAULT_DATA_DIRECTORIES) {
    const path = join(directory, ADMIN_TOKEN_FILE);
    try {
      return found(checked(await readFile(path, "utf8"), path));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      searched.push(error.code === "EACCES" ? `${path} (no permission to read it)` : path);
    }
  }
  return { token: undefined, searched };
}

async function readNamed(path: string, option: string): Promise<Token> {
  try {
    return checked(await readFile(path, "utf8"), path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw usageError(
      `The token file ${path} (${option}) cannot be read: ${error.code}.`,
      "Name a file that you may read and that holds the token on one line.",
    );
  }
}

// Visible ASCII: what a metadata value may hold. Checked here, for grpc-js would print the value.
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

function checked(text: string, source: string): Token {
  const value = text.trim();
  if (!TOKEN.test(value)) throw usageError(`${source} does not hold a token: one line of visible ASCII.`);
  return { value, source };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
