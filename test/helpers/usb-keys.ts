/** USB keys in the state of a platform in memory: nothing is plugged in anywhere. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import type { UsbKeyName } from "../../src/domain/usb/usb-facts.ts";
import type { UsbState } from "../../src/domain/usb/usb-state.ts";
import type { LicenseRequest } from "../../src/license-file/issue-license.ts";
import { jwkThumbprint } from "../../src/license-file/jwk-thumbprint.ts";
import { signUsbState } from "../../src/platform/usb-rows.ts";
import type { TestPlatform } from "./test-hub.ts";

/** A key by name, and the claims that bind a license to it. */
export interface NamedKey extends UsbKeyName {
  readonly claims: Partial<LicenseRequest>;
}

/** A key with a fresh key pair. */
export function makeUsbKey(keyId: string): NamedKey {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return { keyId, thumbprint: jwkThumbprint(jwk), claims: { sub: `usb:${keyId}`, cnf: { jwk } } };
}

/** Stores a signed state of the keys as a write does, with a revision of its own. No hint is given. */
export async function storeUsbState({ key, store }: TestPlatform, state: UsbState): Promise<void> {
  const { revision: before } = store.state;
  const revision = { ...before, revision: before.revision + 1n };
  const usbState = await signUsbState(key, state, revision.revision);
  store.state = { ...store.state, revision, revisionId: randomUUID(), usbState };
}
