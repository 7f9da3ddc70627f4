/** What a listed USB key is worth, and what to do about it, in one sentence for a person. */
import { outsideText } from "../../license-file/outside-text.ts";
import type { KeyProblem, ListedKey } from "../../usb/platform/key-list.ts";

/** The message of a key. */
export function keyMessage({ standing, problem, device }: ListedKey): string {
  if (standing === "GIVING") return givingMessage(device);
  if (standing === "BESIDE_OTHERS") {
    return "It counts, but not alone on its node, so that no key there gives its rights: leave one key in and pull the others.";
  }
  if (standing === "JUST_GONE") {
    return "It was pulled moments ago, and what it gave still counts: insert it again if nobody meant to pull it.";
  }
  if (problem !== undefined) return PROBLEMS[problem](outsideText(device.licenseReason ?? ""));
  if (device.isProven) {
    return "It was read, and is about to be taken into account: wait some seconds, longer while the database is away.";
  }
  return "It is being read: wait some seconds.";
}

function givingMessage({ problem, licenseReason }: ListedKey["device"]): string {
  if (problem === undefined) return "It gives its rights: leave it in.";
  const flaw = licenseReason === undefined ? "" : ` (${outsideText(licenseReason)})`;
  return `It gives the rights of the licenses that are installed for it; what lies on it is refused${flaw}: have the vendor write it anew.`;
}

const PROBLEMS: Readonly<Record<KeyProblem, (licenseReason: string) => string>> = {
  NO_PERMISSION: () =>
    "The service may not open the device: install the udev rule of the package, or give the service's account the device; it is tried again by itself.",
  BUSY: () => "Another program holds the device: end that program; the device is tried again by itself.",
  NO_ANSWER: () =>
    "The device does not answer in time: pull it and insert it again, into another port if need be.",
  NOT_A_KEY: () =>
    "What the device answers is no key protocol: pull it if it is no license key, else ask its vendor for a new one.",
  NO_PROOF: () =>
    "The key has no private key to prove its presence with, and this product asks for one: ask the vendor for a key that has.",
  PROOF_FAILED: () =>
    "The proof of its presence is wrong, as that of a copied key is: insert the original; if this is it, pull it and insert it again.",
  NO_LICENSE: () =>
    "There is no license for it, neither on it nor installed: send its key id to the vendor, and upload what comes back.",
  LICENSE_REFUSED: (reason) =>
    `The license on it is refused${reason === "" ? "" : ` (${reason})`}: send its key id to the vendor, and upload what comes back.`,
  COPY: () =>
    "The license on it is for another key of the same id, so this one is a copy: insert the original, or ask the vendor for a license for this one.",
};
