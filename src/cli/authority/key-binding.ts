import type { UsbKeyName } from "../../domain/usb/usb-facts.ts";
import { readClaims } from "../../license-file/claims.ts";
import type { InspectedFile } from "../../license-file/inspect-package.ts";
import { jwkThumbprint } from "../../license-file/jwk-thumbprint.ts";
import type { RefusalLine } from "../cli-error.ts";

/** Why a file gives nothing on a key, whoever signed it; `undefined`: it is a license for this very key. */
export function bindingFault(file: InspectedFile, key: UsbKeyName): RefusalLine | undefined {
  const { fileName, claims } = file;
  const line = (reason: string, message: string, claim = ""): RefusalLine => ({
    fileName,
    reason,
    message,
    claim,
  });
  const read = readClaims(claims);
  if ("refusal" in read) return line(read.refusal.reason, read.refusal.message, read.refusal.claim);
  const { sub, cnf } = read.claims;
  if (sub !== `usb:${key.keyId}`) {
    return line(
      "USB_KEY_MISMATCH",
      `The license is bound to ${sub}, not to the USB key ${key.keyId}.`,
      "sub",
    );
  }
  if (cnf !== undefined && jwkThumbprint(cnf.jwk) === key.thumbprint) return undefined;
  const message = `The license names the USB key ${key.keyId}, but the public key of another one.`;
  return line("USB_KEY_MISMATCH", message, "cnf");
}
