import { setLogger } from "@grpc/grpc-js";
import { outsideText } from "../license-file/outside-text.ts";
import type { Logger } from "../log.ts";

/** Sends what grpc-js itself has to say, which it writes to standard error otherwise, to the log. */
export function logGrpc(log: Logger): void {
  const at =
    (level: "debug" | "warn") =>
    (...parts: unknown[]): void =>
      log[level]({ part: "grpc" }, outsideText(parts.map(String).join(" "), 500));
  setLogger({ error: at("warn"), info: at("debug"), debug: at("debug") });
}
