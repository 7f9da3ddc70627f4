import test from "ava";
import { DAY_MS } from "../../../../src/domain/license.ts";
import { removeKey } from "../../../../src/domain/usb/removal.ts";
import { lostHistory, observe } from "../../../../src/domain/usb/transition.ts";
import { watchedFacts } from "../../../../src/domain/usb/unwatched.ts";
import { newKeyState, usbFactsOf } from "../../../../src/domain/usb/usb-state.ts";
import { thumbprintOfKey, UsbWorld } from "../../../helpers/usb-world.ts";
import { day, ORIGIN } from "../_licenses.ts";
import { keyLicense } from "./_key-license.ts";

const SECOND = 1_000;

/** A world at day 0 with one license for each of two keys. */
function world(nodes = 1): UsbWorld {
  const made = new UsbWorld(nodes, ORIGIN);
  made.licenses = [keyLicense("a"), keyLicense("b")];
  made.look();
  return made;
}

/** Days from the origin to an instant, to the second. */
function dayOf(at: number | undefined): number | undefined {
  return at === undefined ? undefined : Math.round((at - ORIGIN) / SECOND) / (DAY_MS / SECOND);
}

test("UK-BU-2: the first removal of a key makes a buffer of 30 days from its last sight", (t) => {
  const it = world();
  it.plug(1, "a");
  t.deepEqual(it.giving, ["a"]);
  it.wait(5 * DAY_MS);
  it.pull("a");
  it.wait(11 * SECOND);
  t.is(it.state.status, "MISSING");
  t.deepEqual(it.giving, []);
  t.deepEqual(Object.keys(it.buffers), ["a"]);
  t.true(Math.abs((dayOf(it.buffers["a"]) ?? 0) - 35) < 0.001);
});

test("UK-BU-3: removed on days 0, 45 and 90, the end on day 45 is day 30, and on day 90 also", (t) => {
  const licenses = [keyLicense("a")];
  const name = { keyId: "a", thumbprint: thumbprintOfKey("a") };
  const first = removeKey(newKeyState(name), day(0), licenses, undefined);
  t.like(first, { removedAt: day(0), bufferEndsAt: day(30), isBufferVoid: false });
  const second = removeKey(first, day(45), licenses, undefined);
  t.like(second, { removedAt: day(45), bufferEndsAt: day(30), isBufferVoid: true });
  const third = removeKey(second, day(90), licenses, undefined);
  t.like(third, { removedAt: day(90), bufferEndsAt: day(30), isBufferVoid: true });
});

test("UK-BU-3: 60 days after the removal before it a removal makes a new buffer, a millisecond less does not", (t) => {
  const licenses = [keyLicense("a")];
  const first = removeKey(
    newKeyState({ keyId: "a", thumbprint: thumbprintOfKey("a") }),
    day(0),
    licenses,
    undefined,
  );
  t.like(removeKey(first, day(60), licenses, undefined), { bufferEndsAt: day(90), isBufferVoid: false });
  t.like(removeKey(first, day(60) - 1, licenses, undefined), { bufferEndsAt: day(30), isBufferVoid: true });
});

test("UK-BU-3, UK-BU-5: a key back before its buffer's end inherits the end at its next removal", (t) => {
  const it = world();
  it.plug(1, "a");
  it.pull("a");
  it.wait(10 * DAY_MS);
  const [end] = Object.values(it.buffers);
  it.plug(1, "a");
  t.is(it.state.status, "READY");
  t.deepEqual(it.giving, ["a"]);
  t.deepEqual(it.buffers, {});
  it.wait(5 * DAY_MS);
  it.pull("a");
  it.wait(11 * SECOND);
  t.deepEqual(it.buffers, { a: end });
});

test("UK-BU-3: a void buffer whose end is to come runs again after the next removal", (t) => {
  const it = world();
  it.plug(1, "a");
  it.pull("a");
  it.wait(DAY_MS);
  const [end] = Object.values(it.buffers);
  it.plug(1, "b");
  t.deepEqual(it.buffers, {});
  it.pull("b");
  it.wait(DAY_MS);
  t.deepEqual(Object.keys(it.buffers), ["b"]);
  it.plug(1, "a");
  it.pull("a");
  it.wait(11 * SECOND);
  t.deepEqual(it.buffers, { a: end });
});

test("UK-BU-4: when another key begins to give rights every old buffer is void at once, be its licenses ended or not", (t) => {
  const it = world();
  it.licenses = [keyLicense("a"), keyLicense("b", day(1))];
  it.plug(1, "a");
  it.pull("a");
  it.wait(2 * DAY_MS);
  t.deepEqual(Object.keys(it.buffers), ["a"]);
  it.plug(1, "b");
  t.deepEqual(it.buffers, {});
  t.deepEqual(it.giving, ["b"]);
});

test("UK-BU-4: a key that is removed while another gives makes no buffer and no history", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.plug(2, "b");
  t.is(it.state.status, "ABNORMAL");
  t.deepEqual(it.giving, ["a", "b"]);
  it.wait(DAY_MS);
  it.pull("a");
  it.wait(11 * SECOND);
  t.is(it.state.status, "READY");
  t.deepEqual(it.buffers, {});
  it.pull("b");
  it.wait(11 * SECOND);
  t.deepEqual(Object.keys(it.buffers), ["b"]);
  t.is(it.state.keys.find(({ keyId }) => keyId === "a")?.removedAt, undefined);
});

test("UK-BU-4: keys whose absence is established in one instant each make a buffer", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.plug(2, "b");
  it.pull("a", "b");
  it.wait(11 * SECOND);
  t.deepEqual(Object.keys(it.buffers).sort(), ["a", "b"]);
});

test("UK-BU-1: a key whose licenses have all ended makes no buffer and no history", (t) => {
  const it = world();
  it.licenses = [keyLicense("a", day(1))];
  it.plug(1, "a");
  it.wait(2 * DAY_MS);
  it.pull("a");
  it.wait(11 * SECOND);
  t.is(it.state.status, "MISSING");
  t.like(it.state.keys[0], { removedAt: undefined, bufferEndsAt: undefined });
});

test("UK-BU-1: a key that is joined by another on its node is removed at once, and both give nothing", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  it.plug(1, "b");
  t.is(it.state.status, "FAULT");
  t.deepEqual(it.giving, []);
  t.deepEqual(it.buffers, { a: it.at + 30 * DAY_MS });
});

test("UK-BU-1: a failed presence proof is a removal at the last proof that held, without debounce", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  const lastProof = it.at;
  it.at += 3 * SECOND;
  it.spoil("a");
  t.deepEqual(it.giving, []);
  t.deepEqual(it.buffers, { a: lastProof + 30 * DAY_MS });
});

test("UK-BU-7: an absence of less than 10 s is no removal; one of 10 s is, from the last sight", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  const before = it.state;
  const lastSight = it.at;
  it.at += 1;
  it.pull("a");
  it.wait(9 * SECOND);
  t.is(it.state, before);
  it.plug(1, "a");
  it.wait(20 * SECOND);
  t.is(it.state, before);
  const secondSight = it.at;
  t.true(secondSight > lastSight);
  it.at += 1;
  it.pull("a");
  it.wait(9 * SECOND + 998);
  t.is(it.state, before);
  it.wait(1);
  t.deepEqual(it.buffers, { a: secondSight + 30 * DAY_MS });
});

test("UK-BU-7: another counting key in its place ends the debounce: the old key is gone, and no buffer runs", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  it.at += SECOND;
  it.pull("a");
  it.at += SECOND;
  it.plug(1, "b");
  t.is(it.state.status, "READY");
  t.deepEqual(it.giving, ["b"]);
  t.deepEqual(it.buffers, {});
});

test("UK-BU-7: a key that is seen on another node has moved, which is no removal", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.wait(DAY_MS);
  it.at += SECOND;
  it.pull("a");
  it.at += 5 * SECOND;
  it.plug(2, "a");
  it.wait(20 * SECOND);
  t.is(it.state.status, "READY");
  t.deepEqual(it.giving, ["a"]);
  t.like(it.state.keys[0], { givesOn: "node-2", removedAt: undefined });
});

test("a key that two nodes have seen for a minute stays where it gives its rights", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.wait(DAY_MS);
  const seen = it.observation();
  const [first, second] = seen.sights;
  if (first === undefined || second === undefined) return t.fail();
  const arrivedAt = it.at - 60_000;
  const devices = first.devices.map((device) => ({ ...device, seenAt: device.seenAt + 500, arrivedAt }));
  const both = [first, { ...second, scannedAt: it.at + 500, devices }];
  t.is(observe(it.state, { ...seen, at: it.at + 500, sights: both }), it.state);
});

test("UK-BU-9: a restart is no removal if the key is there at the first scan after, however long it took", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  const before = it.state;
  it.stop(1);
  it.wait(7 * DAY_MS);
  it.start(1);
  it.wait(DAY_MS);
  t.is(it.state, before);
});

test("UK-BU-9: a key that is missing at the first scan after a restart was removed at its last sight", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  const lastSight = it.at;
  it.stop(1);
  it.pull("a");
  it.wait(7 * DAY_MS);
  it.start(1);
  t.deepEqual(it.buffers, { a: lastSight + 30 * DAY_MS });
});

test("UK-BU-9: the database away is no removal, and a lost node's minute starts anew after it", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.wait(DAY_MS);
  const before = it.state;
  it.isDatabaseThere = false;
  it.stop(1);
  it.wait(DAY_MS);
  it.isDatabaseThere = true;
  it.wait(59 * SECOND);
  t.is(it.state, before);
  it.start(1);
  it.wait(DAY_MS);
  t.is(it.state, before);
});

test("UK-BU-9: the keys of a node without a heartbeat for a minute are gone once another node watched that long", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.wait(DAY_MS);
  const lastSight = it.at;
  it.stop(1);
  it.wait(59 * SECOND);
  t.deepEqual(it.giving, ["a"]);
  it.wait(2 * SECOND);
  t.is(it.state.status, "MISSING");
  t.deepEqual(it.buffers, { a: lastSight + 30 * DAY_MS });
  it.start(1);
  t.is(it.state.status, "READY");
  t.deepEqual(it.giving, ["a"]);
});

test("UK-NO-1, UK-BU-9: a node that lives and does not look for a minute has lost its keys, from the last look", (t) => {
  const it = world();
  it.plug(1, "a");
  it.wait(DAY_MS);
  const seen = it.observation();
  const off = seen.sights.map((sight) => ({ ...sight, unavailable: "AGENT_OFF" as const }));
  t.is(observe(it.state, { ...seen, sights: off, at: it.at + 59 * SECOND }), it.state);
  const after = observe(it.state, { ...seen, sights: off, at: it.at + 60 * SECOND });
  t.like(after.keys[0], { givesOn: undefined, removedAt: it.at, bufferEndsAt: it.at + 30 * DAY_MS });
});

test("UK-BU-8: two nodes that see one removal write one buffer", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.wait(DAY_MS);
  it.at += 1;
  it.pull("a");
  it.at += 10 * SECOND;
  const seen = it.observation();
  const first = observe(it.state, seen);
  t.not(first, it.state);
  t.is(observe(first, { ...seen, at: seen.at + 250 }), first);
});

test("UK-BU-8, EV-3: two nodes that see the same in another order write the same", (t) => {
  const it = world(2);
  it.plug(1, "a");
  it.plug(2, "b");
  it.pull("a", "b");
  it.wait(9 * SECOND);
  it.at += 2 * SECOND;
  const seen = it.observation();
  const other = {
    ...seen,
    sights: seen.sights.map((sight) => ({ ...sight, devices: sight.devices.toReversed() })).toReversed(),
    licenses: seen.licenses.toReversed(),
  };
  t.deepEqual(observe(it.state, other), observe(it.state, seen));
});

test("threat 18: a key whose mark is ahead of the database has no buffer at its next removal", (t) => {
  const it = world();
  const seen = it.observation();
  const device = { ...(pluggedOnce().sights[0]?.devices[0] ?? t.fail()), mark: 3 } as const;
  const withMark = { ...seen, sights: seen.sights.map((sight) => ({ ...sight, devices: [device] })) };
  const state = observe(it.state, withMark);
  t.like(state.keys[0], { mark: 4, removedAt: seen.at, bufferEndsAt: seen.at });
  const gone = removeKey(state.keys[0] ?? t.fail(), seen.at + DAY_MS, it.licenses, undefined);
  t.true(gone.isBufferVoid);
});

test("threat 20: two clones of a platform that share one key have a buffer once, and say that there are two", (t) => {
  const original = world();
  const seenWith = (mark: number, at: number) => {
    const { sights } = pluggedOnce();
    const devices = sights.flatMap((sight) =>
      sight.devices.map((device) => ({ ...device, seenAt: at, mark })),
    );
    return {
      ...original.observation(),
      at,
      sights: sights.map((sight) => ({ ...sight, scannedAt: at, devices })),
    };
  };
  const nothing = (at: number) => ({ ...seenWith(0, at), sights: [] });
  const here = observe(original.state, seenWith(0, day(0)));
  t.like(here.keys[0], { mark: 1, aheadAt: undefined });
  // The clone: the same state, without the key, which then moves to it.
  const there = observe(observe(here, nothing(day(1))), seenWith(1, day(2)));
  t.like(there.keys[0], { mark: 2, aheadAt: undefined });
  const back = observe(observe(here, nothing(day(2))), seenWith(2, day(3)));
  t.like(back.keys[0], { mark: 3, aheadAt: day(3), removedAt: day(3), bufferEndsAt: day(3) });
  t.deepEqual(usbFactsOf(observe(back, nothing(day(4)))).buffers, []);
  t.is(observe(back, seenWith(3, day(63))).keys[0]?.aheadAt, undefined);
});

test("EV-8: after a lost history no key has a buffer for 60 days, also one that was never seen", (t) => {
  const it = world();
  it.state = lostHistory(undefined, it.at);
  it.plug(1, "a");
  it.wait(DAY_MS);
  it.pull("a");
  it.wait(11 * SECOND);
  t.deepEqual(it.buffers, {});
  it.wait(60 * DAY_MS);
  t.is(it.state.historyLostAt, undefined);
  it.plug(1, "b");
  it.wait(DAY_MS);
  it.pull("b");
  it.wait(11 * SECOND);
  t.deepEqual(Object.keys(it.buffers), ["b"]);
});

test("EV-4: a key that nobody looks at gives its rights as long as a buffer would, and nothing is written of that", (t) => {
  const it = world();
  it.plug(1, "a");
  const name = { keyId: "a", thumbprint: thumbprintOfKey("a") };
  const facts = watchedFacts(it.state, it.licenses, [{ ...name, since: day(1) }]);
  t.deepEqual(facts.giving, [{ ...name, until: day(31) }]);
  t.deepEqual(watchedFacts(it.state, it.licenses, []).giving, [{ ...name, until: undefined }]);
});

test("EV-4: a key without a buffer to come gives nothing once nobody looks at it", (t) => {
  const it = world();
  it.state = lostHistory(undefined, it.at);
  it.plug(1, "a");
  const name = { keyId: "a", thumbprint: thumbprintOfKey("a") };
  t.deepEqual(watchedFacts(it.state, it.licenses, [{ ...name, since: day(1) }]).giving, [
    { ...name, until: day(1) },
  ]);
});

function pluggedOnce() {
  const it = world();
  it.plug(1, "a");
  return it.observation();
}
