import { randomBytes } from "node:crypto";

/** Metadata key of the request id, in both directions. */
export const REQUEST_ID_KEY = "x-request-id";

const SANE = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * Makes request ids: the caller's own if it is fit for a log, else a new one. New ones are a random
 * prefix of the process and a number, which is cheaper than a UUID and as unique.
 */
export function createRequestIds(): (offered: string | undefined) => string {
  const prefix = randomBytes(6).toString("hex");
  let count = 0;
  return (offered) => {
    if (offered !== undefined && SANE.test(offered)) return offered;
    count++;
    return `${prefix}-${count.toString(36)}`;
  };
}
