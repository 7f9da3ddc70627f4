import type { Readable, Writable } from "node:stream";
import type { Screen } from "./output/screen.ts";
import type { GlobalFlags } from "./settings.ts";

/** The process around the program; tests give streams of their own. */
export interface Host {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user ends the program (Ctrl-C, SIGTERM). To read it is to take signals over. */
  readonly interrupted: AbortSignal;
}

/** What a command works with. */
export interface CommandContext {
  readonly host: Host;
  readonly flags: GlobalFlags;
  /** Answers are for a program: one JSON document. */
  readonly isJson: boolean;
  /** Answers. */
  readonly out: Screen;
  /** Questions, notices and failures. */
  readonly err: Screen;
}
