import test from "ava";
import fc from "fast-check";
import { DAY_MS } from "../../../../src/domain/license.ts";
import { mergeUsbStates, withInstalled } from "../../../../src/domain/usb/merge.ts";
import { DEBOUNCE_MS } from "../../../../src/domain/usb/presence.ts";
import { RENEWAL_MS } from "../../../../src/domain/usb/removal.ts";
import { USB_STATUSES } from "../../../../src/domain/usb/usb-facts.ts";
import {
  NO_USB_STATE,
  newKeyState,
  type UsbKeyState,
  type UsbState,
  usbFactsOf,
} from "../../../../src/domain/usb/usb-state.ts";
import { UsbWorld } from "../../../helpers/usb-world.ts";
import { day, ORIGIN } from "../_licenses.ts";
import { keyLicense } from "./_key-license.ts";

const NAMES = ["a", "b"].map((keyId) => ({ keyId, thumbprint: `thumbprint of ${keyId}` }));

function stateOf(parts: Partial<UsbKeyState>, state: Partial<UsbState> = {}): UsbState {
  const [name] = NAMES;
  if (name === undefined) throw new Error("a key has a name");
  return { ...NO_USB_STATE, status: "MISSING", ...state, keys: [{ ...newKeyState(name), ...parts }] };
}

function merged(database: UsbState, kept: UsbState): UsbKeyState {
  const [key] = mergeUsbStates(database, kept).keys;
  if (key === undefined) throw new Error("the key is gone");
  return key;
}

/** Removed on a day, with a buffer to another one that runs. */
function removed(on: number, until: number): Partial<UsbKeyState> {
  return { givesSince: day(-10), removedAt: day(on), bufferEndsAt: day(until), isBufferVoid: false };
}

test("threat 18: a database from before the removal learns of it, and the next removal inherits its end", (t) => {
  const gives = stateOf({ givesOn: "node-1", givesSince: day(-10) }, { status: "READY" });
  const after = mergeUsbStates(gives, stateOf(removed(0, 30)));
  t.is(after.status, "READY");
  t.like(after.keys[0], {
    givesOn: "node-1",
    removedAt: day(0),
    bufferEndsAt: day(30),
    isBufferVoid: true,
  });
});

test("threat 18: a removal that an older database took for the first one has the end of the true one", (t) => {
  t.like(merged(stateOf(removed(20, 50)), stateOf(removed(0, 30))), {
    removedAt: day(20),
    bufferEndsAt: day(30),
    isBufferVoid: false,
  });
  t.like(merged(stateOf(removed(45, 75)), stateOf(removed(0, 30))), {
    removedAt: day(45),
    bufferEndsAt: day(30),
    isBufferVoid: true,
  });
});

test("UK-BU-3: a removal 60 days after the other's has the buffer that it made", (t) => {
  t.like(merged(stateOf(removed(60, 90)), stateOf(removed(0, 30))), {
    removedAt: day(60),
    bufferEndsAt: day(90),
    isBufferVoid: false,
  });
});

test("UK-BU-4: a buffer that either knows to be void is void", (t) => {
  const running = stateOf(removed(0, 30));
  const voided = stateOf({ ...removed(0, 30), isBufferVoid: true });
  t.true(merged(running, voided).isBufferVoid);
  t.true(merged(voided, running).isBufferVoid);
});

test("a key that the database has forgotten is remembered, and gives nothing by that", (t) => {
  const kept = stateOf({ givesOn: "node-2", givesSince: day(1), takenIds: ["one"] }, { status: "READY" });
  const after = mergeUsbStates(NO_USB_STATE, kept);
  t.is(after.status, "MISSING");
  t.deepEqual(usbFactsOf(after).giving, []);
  t.deepEqual(after.keys[0]?.takenIds, ["one"]);
});

test("UK-ID-3: what either knows to be taken or replaced is, but what is installed is not replaced", (t) => {
  const a = stateOf({ takenIds: ["1", "3"], replacedIds: ["1"], mark: 3 }, { historyLostAt: day(1) });
  const b = stateOf({ takenIds: ["1", "2"], replacedIds: ["2"], mark: 7 });
  const after = mergeUsbStates(a, b);
  t.is(after.historyLostAt, day(1));
  t.like(after.keys[0], { takenIds: ["1", "2", "3"], replacedIds: ["1", "2"], mark: 7 });
  t.deepEqual(withInstalled(after, ["2"]).keys[0]?.replacedIds, ["1"]);
});

const instant = fc.integer({ min: 0, max: 200 }).map(day);
const ids = fc.uniqueArray(fc.constantFrom("1", "2", "3", "4"), { maxLength: 4 }).map((list) => list.sort());

/** A removal as the rules make it: its buffer is void once its end has passed, and while its key gives. */
const arbitraryKey = fc
  .record({
    removal: fc.option(fc.record({ removedAt: instant, days: fc.integer({ min: -20, max: 30 }) }), {
      nil: undefined,
    }),
    givesOn: fc.constantFrom(undefined, undefined, "node-1", "node-2"),
    givesSince: fc.option(instant, { nil: undefined }),
    isVoid: fc.boolean(),
    takenIds: ids,
    replacedIds: ids,
    mark: fc.integer({ min: 0, max: 5 }),
    aheadAt: fc.option(instant, { nil: undefined }),
  })
  .map(({ removal, isVoid, ...key }) => ({
    ...key,
    removedAt: removal?.removedAt,
    bufferEndsAt: removal && removal.removedAt + removal.days * DAY_MS,
    isBufferVoid: isVoid || key.givesOn !== undefined || removal === undefined || removal.days <= 0,
  }));

const arbitraryState: fc.Arbitrary<UsbState> = fc.record({
  status: fc.constantFrom(undefined, ...USB_STATUSES),
  historyLostAt: fc.option(instant, { nil: undefined }),
  keys: fc
    .tuple(...NAMES.map((name) => fc.option(arbitraryKey.map((key) => ({ ...name, ...key })))))
    .map((keys) => keys.filter((key) => key !== null)),
});

/** What is remembered, without who gives now. */
function historyOf({ historyLostAt, keys }: UsbState): UsbState {
  return { status: "MISSING", historyLostAt, keys: keys.map((key) => ({ ...key, givesOn: undefined })) };
}

test("threat 18: it does not matter which of the two remembers what, and to merge once more changes nothing", (t) => {
  const holds = fc.property(arbitraryState, arbitraryState, (a, b) => {
    t.deepEqual(mergeUsbStates(historyOf(a), historyOf(b)), mergeUsbStates(historyOf(b), historyOf(a)));
    t.deepEqual(mergeUsbStates(a, a), a);
    const once = mergeUsbStates(a, b);
    t.deepEqual(mergeUsbStates(once, b), once);
    t.deepEqual(mergeUsbStates(once, a), once);
  });
  fc.assert(holds, { numRuns: 500 });
});

test("threat 18: no buffer ends later than both say, none of one removal later than either, and void stays void", (t) => {
  const holds = fc.property(arbitraryState, arbitraryState, (a, b) => {
    const after = mergeUsbStates(a, b);
    for (const key of after.keys) {
      const both = [a, b].flatMap(({ keys }) => keys.filter(({ keyId }) => keyId === key.keyId));
      const ends = both.flatMap(({ bufferEndsAt }) => bufferEndsAt ?? []);
      const removals = both.flatMap(({ removedAt }) => removedAt ?? []);
      const isOne =
        removals.length === 2 && Math.abs(Math.max(...removals) - Math.min(...removals)) < RENEWAL_MS;
      if (key.bufferEndsAt !== undefined) {
        t.true(key.bufferEndsAt <= (isOne ? Math.min(...ends) : Math.max(...ends)));
      }
      if (removals.length === 2 && removals[0] === removals[1]) {
        t.true(key.isBufferVoid || both.every(({ isBufferVoid }) => !isBufferVoid));
      }
      t.is(key.removedAt, removals.length === 0 ? undefined : Math.max(...removals));
    }
    t.deepEqual(
      usbFactsOf(after).giving.map(({ keyId }) => keyId),
      usbFactsOf(a).giving.map(({ keyId }) => keyId),
    );
  });
  fc.assert(holds, { numRuns: 500 });
});

const step = fc.oneof(
  fc.record({ plug: fc.constantFrom("a", "b"), node: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ pull: fc.constantFrom("a", "b") }),
  fc.record({ waitMs: fc.constantFrom(5_000, 11_000, DAY_MS, 29 * DAY_MS, 31 * DAY_MS, 61 * DAY_MS) }),
);

test("UK-BU-8: what a node kept when it stopped changes nothing of what others wrote since", (t) => {
  const holds = fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
    const world = new UsbWorld(2, ORIGIN);
    world.licenses = [keyLicense("a"), keyLicense("b")];
    const states = steps.map((one) => {
      // A pull at the instant of a look counts from before it, by the debounce.
      world.wait(2 * DEBOUNCE_MS);
      if ("plug" in one) world.plug(one.node, one.plug);
      else if ("pull" in one) world.pull(one.pull);
      else world.wait(one.waitMs);
      return world.state;
    });
    for (const kept of states) t.deepEqual(mergeUsbStates(world.state, kept), world.state);
  });
  fc.assert(holds, { numRuns: 200 });
});
