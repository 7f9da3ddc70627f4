import { EventEmitter } from "node:events";
import test from "ava";
import { pino } from "pino";
import { addressKey } from "../../../../src/rpc/connections/address-key.ts";
import { Connections } from "../../../../src/rpc/connections/connections.ts";
import { IdentityLimits } from "../../../../src/rpc/limits/identity-limits.ts";
import { createFakeTime } from "../../../helpers/fake-time.ts";

/** What `Connections` ask of a socket, closed as soon as it is destroyed. */
class TestSocket extends EventEmitter {
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  destroyed = false;

  constructor(remoteAddress: string, remotePort: number, localAddress = "192.0.2.1") {
    super();
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.emit("close");
    return this;
  }
}

function setUp(limits: { most?: number; mostUnidentified?: number } = {}) {
  const time = createFakeTime(0);
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const connections = new Connections({ most: 100, ...limits, log, timers: time.timers });
  let port = 1000;
  const open = (remoteAddress = "198.51.100.7", localAddress?: string) => {
    const socket = new TestSocket(remoteAddress, port++, localAddress);
    return { socket, isIn: connections.accept(socket), connection: connections.find(socket) };
  };
  return { time, lines, connections, open };
}

const IDENTITY = {
  id: "token-1",
  kind: "token",
  name: "compute",
  role: "service",
  expiresAt: undefined,
} as const;

test("connections beyond the most in all are closed at once, until one ends", (t) => {
  const { open, lines } = setUp({ most: 2 });
  const first = open();
  t.true(first.isIn && open("198.51.100.8").isIn);
  const third = open("198.51.100.9");
  t.false(third.isIn);
  t.true(third.socket.destroyed);
  first.socket.destroy();
  t.true(open("198.51.100.9").isIn);
  t.is(lines.length, 1);
  t.regex(lines.join(""), /LICENSE_CONNECTIONS/);
});

test("one address has so many connections before their first admitted call, and any number after it", (t) => {
  const { open } = setUp({ mostUnidentified: 2 });
  const [first] = [open(), open()];
  t.false(open().isIn);
  t.true(open("198.51.100.8").isIn, "another address");
  first?.connection.admitted();
  t.true(open().isIn);
  t.false(open().isIn);
});

test("a connection that has made no admitted call within ten seconds is closed, others go on", async (t) => {
  const { time, open, connections } = setUp();
  const silent = open();
  const caller = open();
  caller.connection.admitted();
  await time.pass(9_999);
  t.false(silent.socket.destroyed);
  await time.pass(1);
  t.true(silent.socket.destroyed);
  t.false(caller.socket.destroyed);
  t.is(connections.size, 1);
  caller.socket.destroy();
  t.deepEqual(time.delays(), []);
});

test("a connection is found by all of its ends, and not after it has closed", (t) => {
  const { open, connections } = setUp();
  const here = open("198.51.100.7", "192.0.2.1");
  const there = new TestSocket("198.51.100.7", here.socket.remotePort, "192.0.2.2");
  t.true(connections.accept(there));
  t.not(connections.find(there), here.connection);
  t.is(connections.find(here.socket), here.connection);
  here.socket.destroy();
  t.not(connections.find(here.socket), here.connection);
  t.is(connections.find(here.socket).certificate, undefined);
});

test("ends that were used anew belong to the new connection, also when the old one closes late", (t) => {
  const { connections } = setUp();
  const [old, young] = [new TestSocket("198.51.100.7", 1), new TestSocket("198.51.100.7", 1)];
  connections.accept(old);
  connections.accept(young);
  const found = connections.find(young);
  old.destroy();
  t.is(connections.find(young), found);
});

test("an identity uses so many connections at once; one that closes makes room", (t) => {
  const { open } = setUp();
  const limits = new IdentityLimits({
    callsPerSecond: 1000,
    callsAtOnce: 1000,
    watchesAtOnce: 1000,
    connectionsPerIdentity: 2,
  });
  const [first, second, third] = [open(), open(), open()];
  limits.begin(IDENTITY, first.connection, false, 0);
  limits.begin(IDENTITY, first.connection, false, 0);
  limits.begin(IDENTITY, second.connection, false, 0);
  t.like(
    t.throws(() => limits.begin(IDENTITY, third.connection, false, 0)),
    {
      reason: "TOO_MANY_CONNECTIONS",
    },
  );
  t.notThrows(() => limits.begin({ ...IDENTITY, id: "token-2" }, third.connection, false, 0));
  first.socket.destroy();
  t.notThrows(() => limits.begin(IDENTITY, third.connection, false, 0));
});

test("a call that is refused for its connection is not counted as one that runs", (t) => {
  const { open } = setUp();
  const limits = new IdentityLimits({
    callsPerSecond: 1000,
    callsAtOnce: 2,
    watchesAtOnce: 1,
    connectionsPerIdentity: 1,
  });
  const [first, second] = [open(), open()];
  limits.begin(IDENTITY, first.connection, false, 0);
  for (let call = 0; call < 5; call++) {
    t.throws(() => limits.begin(IDENTITY, second.connection, false, 0), { message: /connections/ });
  }
  t.notThrows(() => limits.begin(IDENTITY, first.connection, false, 0));
});

test("a stranger who goes on far beyond the rate loses the connection; a caller who was admitted does not", (t) => {
  const { open } = setUp();
  const [stranger, caller] = [open(), open()];
  caller.connection.admitted();
  for (let call = 0; call < 101; call++) {
    stranger.connection.overdone();
    caller.connection.overdone();
  }
  t.true(stranger.socket.destroyed);
  t.false(caller.socket.destroyed);
});

test("those that have not come to HTTP/2 are ended apart from the others", (t) => {
  const { open, connections } = setUp();
  const [shaking, served] = [open(), open()];
  served.connection.isServed = true;
  connections.destroyUnserved();
  t.true(shaking.socket.destroyed);
  t.false(served.socket.destroyed);
  connections.destroyAll();
  t.is(connections.size, 0);
});

const KEYS: readonly [address: string, key: string][] = [
  ["198.51.100.7", "198.51.100.7"],
  ["::ffff:198.51.100.7", "198.51.100.7"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:DB8::9", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
];

for (const [address, key] of KEYS) {
  test(`strangers at ${address} are counted as ${key}`, (t) => {
    t.is(addressKey(address), key);
  });
}
