/** Loaded into a process by `--import`: writes the name of every package of OpenTelemetry that it loads to a file. */
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const file = process.env["RECORDED_PACKAGES"];

registerHooks({
  load(url, context, next) {
    const name = /\/@opentelemetry\/([a-z-]+)\//.exec(url)?.[1];
    if (name !== undefined && file !== undefined) appendFileSync(file, `${name}\n`);
    return next(url, context);
  },
});
