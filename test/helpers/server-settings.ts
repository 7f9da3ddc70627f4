import type { ServerPlace } from "./server-process.ts";

/** The environment of a server of tests: any free port, no TLS, no metrics. */
export function serverSettings({ databaseUrl, dataDirectory }: ServerPlace) {
  return {
    DATABASE_URL: databaseUrl,
    LICENSE_DATA_DIR: dataDirectory,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_PLAINTEXT: "on",
    LICENSE_METRICS_LISTEN: "off",
  };
}
