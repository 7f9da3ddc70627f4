import type { PackageReading } from "../../license-file/read-package.ts";
import type { KeyReading } from "../protocol/exchange.ts";
import type { KeyInfo } from "../protocol/info.ts";
import { type LicenseProblem, licenseProblemOf } from "./license-problem.ts";
import type { ReadKey } from "./report.ts";

/** A key that was read, and what lies on it verified. */
export interface KnownKey {
  /** As it said last; another one means that something on it has changed. */
  readonly info: KeyInfo;
  /** `undefined`: it declares no public key. */
  readonly thumbprint: string | undefined;
  readonly key: ReadKey;
  /** What is against its licenses. */
  readonly problem: LicenseProblem | undefined;
}

const NOTHING_ON_IT: PackageReading = { files: [], refusals: [], inflatedBytes: 0 };

/** Verifies what lies on a key. */
export async function knownKeyOf(
  { info, thumbprint, blob }: KeyReading,
  verify: (blob: Uint8Array) => Promise<PackageReading>,
): Promise<KnownKey> {
  const reading = blob.length === 0 ? NOTHING_ON_IT : await verify(blob);
  const name = { keyId: info.keyId, thumbprint: thumbprint ?? "" };
  return {
    info,
    thumbprint,
    key: { ...name, model: info.model, reading },
    problem: licenseProblemOf(reading, name),
  };
}

/** Whether two readings are of one key, whatever lies on it. */
export function isSameKnownKey(a: KnownKey, b: KnownKey): boolean {
  return a.key.keyId === b.key.keyId && a.key.thumbprint === b.key.thumbprint;
}
