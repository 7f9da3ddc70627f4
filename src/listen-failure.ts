import { StartupError } from "./errors.ts";
import { outsideText } from "./license-file/outside-text.ts";

/**
 * The refusal of a start whose address cannot be listened on.
 *
 * @param error of `listen`, or of the look-up of the name.
 * @param target "host:port" as it was set.
 * @param variable setting that names the address.
 */
export function listenFailure(error: unknown, target: string, variable: string): StartupError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const text = error instanceof Error ? error.message : String(error);
  const reason = reasonsFor(variable)[code] ?? outsideText(text);
  return new StartupError("listen", `Cannot listen on ${outsideText(target)}: ${reason}.`, { cause: error });
}

function reasonsFor(variable: string): Readonly<Record<string, string>> {
  return {
    EADDRINUSE: `another program listens there; stop it, or set ${variable} to another port`,
    EADDRNOTAVAIL: "this machine does not have the address",
    EACCES: "this account may not use the port",
    ENOTFOUND: "the name is not known",
    EAI_AGAIN: "the name cannot be looked up now",
  };
}
