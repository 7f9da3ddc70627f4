import type { UsbPorts } from "./usb-overview.ts";

/** The ports of a node whose product has no USB keys: nobody looks at them (UK-NO-1). */
export function portsWithoutAgent(nodeId: string): UsbPorts {
  const unavailable = {
    reason: "NOT_IN_PRODUCT",
    message: "This product has no USB keys: license it by its request code, see GetRequestCode.",
  } as const;
  return {
    overview: () => ({
      sights: [],
      lostNodeIds: new Set(),
      readAt: undefined,
      own: { nodeId, unavailable, scanned: false },
    }),
    scanEverywhere: async () => [],
  };
}
