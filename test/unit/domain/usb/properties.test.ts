import test from "ava";
import fc from "fast-check";
import { DAY_MS, hasEndedAt, type Instant } from "../../../../src/domain/license.ts";
import { countingKeys, DEBOUNCE_MS } from "../../../../src/domain/usb/presence.ts";
import { statusOf } from "../../../../src/domain/usb/status.ts";
import { observe } from "../../../../src/domain/usb/transition.ts";
import { placesIn, usbFactsOf } from "../../../../src/domain/usb/usb-state.ts";
import { UsbWorld } from "../../../helpers/usb-world.ts";
import { day, ORIGIN } from "../_licenses.ts";
import { keyLicense } from "./_key-license.ts";

const KEYS = ["a", "b", "c"] as const;
type Key = (typeof KEYS)[number];

/** What people, machines and the calendar do. */
type Step =
  | { readonly do: "plug"; readonly node: number; readonly keys: readonly Key[] }
  | { readonly do: "pull"; readonly keys: readonly Key[] }
  | { readonly do: "spoil"; readonly key: Key }
  | { readonly do: "stop"; readonly node: number }
  | { readonly do: "start"; readonly node: number }
  | { readonly do: "database"; readonly isThere: boolean }
  | { readonly do: "clock"; readonly byMs: number }
  | { readonly do: "wait"; readonly ms: number };

const key = fc.constantFrom(...KEYS);
const node = fc.integer({ min: 1, max: 3 });
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("plug" as const), node, keys }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pull" as const), keys }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("spoil" as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stop" as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("start" as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("database" as const), isThere: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("clock" as const),
      byMs: fc.constantFrom(-400 * DAY_MS, -3_600_000, -5_000, 5_000, 3_600_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(
        1,
        1_000,
        9_000,
        11_000,
        65_000,
        DAY_MS,
        20 * DAY_MS,
        29 * DAY_MS,
        31 * DAY_MS,
        61 * DAY_MS,
      ),
    }),
  },
);

/** Ends of the licenses of each key, in days; `undefined`: none. */
const ends = fc.record({
  a: fc.constantFrom(undefined, 10),
  b: fc.constantFrom(undefined, 40),
  c: fc.constantFrom(undefined, -1),
});

function act(world: UsbWorld, step: Step, nodes: number): void {
  if (step.do === "plug") world.plug(1 + (step.node % nodes), ...step.keys);
  else if (step.do === "pull") world.pull(...step.keys);
  else if (step.do === "spoil") world.spoil(step.key);
  else if (step.do === "stop") world.stop(1 + (step.node % nodes));
  else if (step.do === "start") world.start(1 + (step.node % nodes));
  else if (step.do === "clock") world.setClock(world.at + step.byMs);
  else if (step.do === "wait") world.wait(step.ms);
  else if (step.do === "database") {
    world.isDatabaseThere = step.isThere;
    world.look();
  }
}

/** Runs a story and looks after each step. */
function eachStep(check: (world: UsbWorld, before: UsbWorld["state"], steps: readonly Step[]) => void) {
  return fc.property(
    fc.integer({ min: 1, max: 3 }),
    ends,
    fc.array(step, { maxLength: 25 }),
    (nodes, endOf, steps) => {
      const world = new UsbWorld(nodes, ORIGIN);
      world.licenses = KEYS.map((id) => keyLicense(id, endOf[id] === undefined ? undefined : day(endOf[id])));
      steps.forEach((one, i) => {
        const before = world.state;
        act(world, one, nodes);
        check(world, before, steps.slice(0, i + 1));
      });
    },
  );
}

const RUNS = { numRuns: 300 };

test("UK-BU-8: what was observed once changes nothing when it is observed again, be it a little later", (t) => {
  fc.assert(
    eachStep((world) => {
      if (!world.isDatabaseThere) return;
      const seen = world.observation();
      if (observe(world.state, seen) !== world.state) throw new Error("a second observer writes again");
      const once = observe(world.state, { ...seen, at: seen.at + 1 });
      if (observe(once, { ...seen, at: seen.at + 2 }) !== once)
        throw new Error("a late observer writes again");
    }),
    RUNS,
  );
  t.pass();
});

test("UK-ST: the status is the table's row, and who gives is alone on its node", (t) => {
  fc.assert(
    eachStep((world) => {
      if (!world.isDatabaseThere) return;
      const counting = countingKeys(world.observation(), placesIn(world.state));
      const hasGiven = world.state.keys.some(({ givesSince }) => givesSince !== undefined);
      if (world.state.status !== statusOf(counting, hasGiven)) throw new Error("the status is another");
      for (const { keyId, givesOn } of world.state.keys) {
        if (givesOn === undefined) continue;
        const onNode = counting.filter(({ nodeId }) => nodeId === givesOn);
        if (onNode.length !== 1 || onNode[0]?.keyId !== keyId) throw new Error(`${keyId} is not alone`);
      }
    }),
    RUNS,
  );
  t.pass();
});

test("EV-4, UK-BU-7, UK-BU-9: no key gives its rights that is not there, but within the debounce or while nobody could look", (t) => {
  fc.assert(
    eachStep((world) => {
      if (!world.isDatabaseThere) return;
      for (const keyId of world.giving) {
        if (world.placeOf(keyId) !== undefined) continue;
        const { givesOn } = world.state.keys.find((other) => other.keyId === keyId) ?? {};
        const isNodeUp = world.nodeIds.some((id, i) => id === givesOn && world.isUp(i + 1));
        const seenAt = Math.max(
          ...world
            .observation()
            .sights.flatMap(({ devices }) =>
              devices.filter((device) => device.keyId === keyId).map((device) => device.seenAt),
            ),
        );
        if (isNodeUp && world.at - seenAt >= DEBOUNCE_MS) throw new Error(`${keyId} gives and is not there`);
      }
    }),
    RUNS,
  );
  t.pass();
});

test("EV-4: no buffer is longer than 30 days, none runs beside a key that gives, none follows licenses that had ended", (t) => {
  fc.assert(
    eachStep((world) => {
      const { giving, buffers } = usbFactsOf(world.state);
      for (const { keyId, startsAt, endsAt } of buffers) {
        if (endsAt - startsAt > 30 * DAY_MS || endsAt <= startsAt)
          throw new Error(`the buffer of ${keyId} is too long`);
        if (giving.length > 0) throw new Error(`the buffer of ${keyId} runs beside ${giving[0]?.keyId}`);
        const licenses = world.licenses.filter(
          ({ binding }) => binding.method === "usb-key" && binding.keyId === keyId,
        );
        if (licenses.every((license) => hasEndedAt(license, startsAt))) throw new Error(`${keyId} had ended`);
      }
    }),
    RUNS,
  );
  t.pass();
});

test("UK-BU-3: of removals less than 60 days apart all inherit one end", (t) => {
  fc.assert(
    eachStep((world, before) => {
      for (const { keyId, removedAt, bufferEndsAt } of world.state.keys) {
        const last = before.keys.find((other) => other.keyId === keyId);
        if (last?.removedAt === undefined || removedAt === undefined || removedAt === last.removedAt)
          continue;
        if (removedAt < last.removedAt) continue; // The clock was set back.
        const isRenewed = removedAt - last.removedAt >= 60 * DAY_MS;
        const expected: Instant | undefined = isRenewed ? removedAt + 30 * DAY_MS : last.bufferEndsAt;
        if (bufferEndsAt !== expected) throw new Error(`the buffer of ${keyId} ends at another instant`);
      }
    }),
    RUNS,
  );
  t.pass();
});

test("UK-BU-9: time without any node, or without the database, changes nothing if every key is where it was after it", (t) => {
  const places = fc.array(fc.record({ node, key }), { maxLength: 4 });
  const gap = fc.constantFrom(1_000, 59_000, 3_600_000, 100 * DAY_MS);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      places,
      gap,
      fc.boolean(),
      (nodes, plugs, gapMs, isOutage) => {
        const world = new UsbWorld(nodes, ORIGIN);
        world.licenses = KEYS.map((id) => keyLicense(id));
        for (const { node: number, key: id } of plugs) world.plug(1 + (number % nodes), id);
        world.wait(20_000);
        const before = world.state;
        const numbers = world.nodeIds.map((_, i) => i + 1);
        if (isOutage) world.isDatabaseThere = false;
        else for (const number of numbers) world.stop(number);
        world.wait(gapMs);
        world.isDatabaseThere = true;
        for (const number of numbers) world.start(number);
        world.wait(DAY_MS);
        if (world.state !== before) throw new Error(`${before.status} became ${world.state.status}`);
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});
