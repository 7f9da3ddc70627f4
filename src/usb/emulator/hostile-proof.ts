/** Hostile proofs of presence. */
import { REQUEST } from "../protocol/requests.ts";
import { Dongle } from "./dongle.ts";
import type { EmulatedDevice } from "./emulated-device.ts";
import { type HostileDevice, honestMemory, hostile } from "./hostile-device.ts";
import { always, changed } from "./tampered.ts";

/** A key that answers INFO and BLOB with what it copied, and proofs with a key pair of its own. */
function clone(): EmulatedDevice {
  const original = new Dongle(honestMemory());
  const copy = new Dongle(honestMemory());
  const { vendorId, productId } = original;
  return {
    vendorId,
    productId,
    handleSetup(setup, data) {
      const isProof = setup[1] === REQUEST.challenge || setup[1] === REQUEST.proof;
      return (isProof ? copy : original).handleSetup(setup, data);
    },
  };
}

/** Answers each challenge with the first proof that it made. */
function replaying(): EmulatedDevice {
  const dongle = new Dongle(honestMemory());
  const { vendorId, productId } = dongle;
  let recorded: ReturnType<Dongle["handleSetup"]> | undefined;
  return {
    vendorId,
    productId,
    handleSetup(setup, data) {
      if (setup[1] !== REQUEST.proof) return dongle.handleSetup(setup, data);
      recorded ??= dongle.handleSetup(setup, data);
      return recorded;
    },
  };
}

/** A key pair that got out: proofs are right, but two copies of the key count for themselves. */
function forgetful(): EmulatedDevice {
  const memory = honestMemory();
  let dongle = new Dongle(memory);
  const { vendorId, productId } = dongle;
  return {
    vendorId,
    productId,
    handleSetup(setup, data) {
      if (setup[1] === REQUEST.challenge) dongle = new Dongle(memory);
      return dongle.handleSetup(setup, data);
    },
  };
}

export const HOSTILE_PROOF: readonly HostileDevice[] = [
  hostile("challenges are refused", "prove", always(REQUEST.challenge, "stall")),
  hostile("challenges are never answered", "prove", always(REQUEST.challenge, "silent")),
  hostile("proofs are refused", "prove", always(REQUEST.proof, "stall")),
  hostile("proofs never come", "prove", always(REQUEST.proof, "silent")),
  hostile("proofs are junk", "prove", always(REQUEST.proof, new Uint8Array(80).fill(0xff))),
  hostile("proofs are of zeros", "prove", always(REQUEST.proof, new Uint8Array(80))),
  hostile(
    "proofs are too short",
    "prove",
    changed(REQUEST.proof, (proof) => proof.subarray(1)),
  ),
  hostile("proofs are of 64 KiB", "prove", always(REQUEST.proof, new Uint8Array(65_536))),
  hostile("it is pulled before the proof", "prove", always(REQUEST.proof, "pulled")),
  { name: "proofs are another key's", step: "prove", make: clone },
  { name: "proofs are replayed", step: "prove again", make: replaying },
  { name: "the counter does not rise", step: "prove again", make: forgetful },
];
