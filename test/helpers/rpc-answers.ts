import {
  type Capability,
  CapabilityReason,
  CapabilityState,
  type GetLicenseCapabilitiesResponse,
} from "@license-service/contract";

/** One capability of an answer. */
export function capabilityOf(answer: GetLicenseCapabilitiesResponse | undefined, key: string): Capability {
  const found = answer?.capabilities.find((capability) => capability.key === key);
  if (found === undefined) throw new Error(`the answer has no capability ${key}`);
  return found;
}

/** How one capability stands, for example "ENABLED GRANTED". */
export function standingOf(answer: GetLicenseCapabilitiesResponse | undefined, key: string): string {
  const { state, reason } = capabilityOf(answer, key);
  return `${nameOf(CapabilityState, state)} ${nameOf(CapabilityReason, reason)}`;
}

/** Name of a value of an enumeration of the contract. */
export function nameOf(enumeration: Readonly<Record<string, unknown>>, value: unknown): string {
  return Object.entries(enumeration).find(([, known]) => known === value)?.[0] ?? String(value);
}
