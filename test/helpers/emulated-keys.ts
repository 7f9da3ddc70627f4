/** Emulated USB keys in the ports of a service of tests. */
import { join } from "node:path";
import type { UsbKeyName } from "../../src/domain/usb/usb-facts.ts";
import { jwkThumbprint, type PublicJwk } from "../../src/license-file/jwk-thumbprint.ts";
import { EMULATED_PORTS } from "../../src/start/start-usb.ts";
import { Dongle } from "../../src/usb/emulator/dongle.ts";
import { type KeyIdentity, newKeyMemory } from "../../src/usb/emulator/key-memory.ts";
import { emulate } from "../../src/usb/emulator/socket-port.ts";
import { publicJwkOfBytes } from "../../src/usb/protocol/public-key.ts";
import type { IssueClaims, RpcService, Teardown } from "./rpc-service.ts";

/** Settings of a service whose only ports are emulated. */
export const EMULATED = { LICENSE_USB: "emulated" } as const;

/** A key and what is on it. */
export interface TestKey {
  readonly name: UsbKeyName;
  readonly jwk: PublicJwk;
  readonly dongle: Dongle;
}

/** A key with a fresh key pair. */
export function makeKey(identity: KeyIdentity, blob: Uint8Array = new Uint8Array()): TestKey {
  const memory = { ...newKeyMemory(identity), blob };
  const jwk = publicJwkOfBytes(memory.publicKey);
  if (jwk === undefined) throw new Error("a fresh key has a sound public key");
  return {
    name: { keyId: identity.keyId, thumbprint: jwkThumbprint(jwk) },
    jwk,
    dongle: new Dongle(memory),
  };
}

/** The same key with something on it: what a vendor's tool would write. */
export function withBlob(key: TestKey, blob: Uint8Array): TestKey {
  const { memory } = key.dongle;
  return { ...key, dongle: new Dongle({ ...memory, blob, blobGeneration: memory.blobGeneration + 1 }) };
}

/** Claims that bind a license to a key. */
export function claimsFor({ name, jwk }: TestKey): IssueClaims {
  return { sub: `usb:${name.keyId}`, cnf: { jwk } } as IssueClaims;
}

/** A license for a key: base enterprise, paid, unless claims say otherwise. */
export async function licenseFor(rpc: RpcService, key: TestKey, claims: IssueClaims = {}): Promise<Buffer> {
  return Buffer.from(await rpc.issue({ ...claimsFor(key), ...claims }));
}

/** A key in a port. */
export interface PluggedKey {
  /** Pulls it; once is enough. */
  pull(): Promise<void>;
}

/** Plugs a key into a port of a service; pulled by the test's end at the latest. */
export async function plugKey(t: Teardown, rpc: RpcService, key: TestKey): Promise<PluggedKey> {
  const path = join(rpc.place.dataDirectory, EMULATED_PORTS, `${key.name.thumbprint.slice(0, 12)}.sock`);
  const port = await emulate(key.dongle, path);
  let isIn = true;
  const pull = async () => {
    if (isIn) await port.close();
    isIn = false;
  };
  t.teardown(pull);
  return { pull };
}
