import type { Refusal, RefusalReason } from "../domain/refusal.ts";
import { outsideText } from "./outside-text.ts";

/** Longest claim name in a refusal. */
const MAX_CLAIM_LENGTH = 60;

/**
 * Makes a refusal of one file.
 *
 * @param message a sentence for an operator; outside text in it is already escaped.
 * @param claim claim at fault, raw outside text.
 */
export function refuse(reason: RefusalReason, message: string, claim?: string): Refusal {
  return claim === undefined
    ? { reason, message }
    : { reason, message, claim: outsideText(claim, MAX_CLAIM_LENGTH) };
}

/** The same refusal, with the file that it is about (raw outside text). */
export function inFile(refusal: Refusal, fileName: string): Refusal {
  return { ...refusal, fileName: outsideText(fileName) };
}
