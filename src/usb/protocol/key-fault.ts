/**
 * What can be wrong with a device that answers:
 * - NOT_A_KEY: its answers are not the key protocol.
 * - NO_PROOF: it signs nothing.
 * - PROOF_FAILED: it does not hold the private key, or its counter did not rise.
 */
export const KEY_FAULT_KINDS = ["NOT_A_KEY", "NO_PROOF", "PROOF_FAILED"] as const;
export type KeyFaultKind = (typeof KEY_FAULT_KINDS)[number];

/** A device that answered, and wrongly. Its message finishes a sentence and holds no text of the device. */
export class KeyFault extends Error {
  override readonly name = "KeyFault";
  readonly kind: KeyFaultKind;

  constructor(kind: KeyFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
