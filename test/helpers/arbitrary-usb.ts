/** Random facts about USB keys for property tests: keys that give, that nobody looks for, that are buffered or lost. */
import fc from "fast-check";
import { DAY_MS } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { NO_USB_KEYS, USB_STATUSES, type UsbFacts } from "../../src/domain/usb/usb-facts.ts";
import { KEY_IDS } from "./arbitrary-licenses.ts";
import { ORIGIN } from "./arbitrary-platforms.ts";

/** How one key stands, in days from the origin. */
type Stay =
  | { readonly is: "GIVING"; readonly until: number | undefined }
  | { readonly is: "BUFFERED"; readonly start: number; readonly lasts: number }
  | { readonly is: "LOST" };

const arbitraryStay: fc.Arbitrary<Stay> = fc.oneof(
  fc.record({ is: fc.constant("GIVING" as const), until: fc.constantFrom(undefined, undefined, 8, 40) }),
  fc.record({
    is: fc.constant("BUFFERED" as const),
    start: fc.constantFrom(-20, 0, 5, 12),
    lasts: fc.constantFrom(30, 30, 30, 10, -5),
  }),
  fc.constant({ is: "LOST" as const }),
);

/** What random keys give; of a product without USB keys nothing. */
export function arbitraryUsbFacts(profile: Profile): fc.Arbitrary<UsbFacts> {
  if (!profile.usbKeys) return fc.constant(NO_USB_KEYS);
  return fc
    .record({
      status: fc.constantFrom(undefined, ...USB_STATUSES),
      stays: fc.tuple(...KEY_IDS.map(() => arbitraryStay)),
    })
    .map(({ status, stays }) => {
      const keys = stays.map((stay, index) => ({
        stay,
        keyId: KEY_IDS[index] ?? "",
        thumbprint: KEY_IDS[index] ?? "",
      }));
      return {
        status,
        giving: keys.flatMap(({ stay, ...name }) =>
          stay.is === "GIVING"
            ? { ...name, until: stay.until === undefined ? undefined : dayOf(stay.until) }
            : [],
        ),
        buffers: keys.flatMap(({ stay, ...name }) =>
          stay.is === "BUFFERED"
            ? { ...name, startsAt: dayOf(stay.start), endsAt: dayOf(stay.start + stay.lasts) }
            : [],
        ),
      };
    });
}

function dayOf(day: number): number {
  return ORIGIN + day * DAY_MS;
}
