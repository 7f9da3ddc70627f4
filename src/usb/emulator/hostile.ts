import { HOSTILE_BLOB } from "./hostile-blob.ts";
import type { HostileDevice } from "./hostile-device.ts";
import { HOSTILE_INFO } from "./hostile-info.ts";
import { HOSTILE_PROOF } from "./hostile-proof.ts";

export type { HostileDevice } from "./hostile-device.ts";

/** Devices that look like keys and mean harm (threat 25), for tests on any bus. */
export const HOSTILE_DEVICES: readonly HostileDevice[] = [...HOSTILE_INFO, ...HOSTILE_BLOB, ...HOSTILE_PROOF];
