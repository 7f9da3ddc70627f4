import { setLogger } from "@grpc/grpc-js";
import { outsideText } from "../license-file/outside-text.ts";
import type { Logger } from "../log.ts";

/** Its traces (GRPC_TRACE) show the metadata of calls as JSON: a list of texts for each key. */
const SECRET = /("authorization":\[)(?:"(?:[^"\\]|\\.)*",?)+|\blst_[A-Za-z0-9_-]+/gi;

/** Sends what grpc-js itself has to say, which it writes to standard error otherwise, to the log. */
export function logGrpc(log: Logger): void {
  const at =
    (level: "debug" | "warn") =>
    (...parts: unknown[]): void => {
      if (!log.isLevelEnabled(level)) return;
      log[level]({ part: "grpc" }, outsideText(withoutTokens(parts.map(String).join(" ")), 500));
    };
  setLogger({ error: at("warn"), info: at("debug"), debug: at("debug") });
}

/** Text without what calls authorize themselves with, whether the tokens are ours or not. */
export function withoutTokens(text: string): string {
  return text.replace(SECRET, (_secret, key?: string) => `${key ?? ""}...`);
}
