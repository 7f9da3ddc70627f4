import test from "ava";
import { causeBetween, compareAge, inputsOf, isSameButUsage } from "../../../src/history/history-inputs.ts";
import type { ChangeCause } from "../../../src/store/history-types.ts";
import { day, keyName, PROGRAM, type StateText, state } from "./_states.ts";

const BASE = { sequence: 1, item: "base", edition: "standard", cpus: 64n } as const;
const GPU = { sequence: 2, item: "gpu" } as const;
const BEFORE: StateText = { licenses: [BASE], revision: 1n };
const GIVES = { status: "READY", giving: [{ ...keyName("a"), until: undefined }], buffers: [] } as const;
const BUFFERED = {
  status: "MISSING",
  giving: [],
  buffers: [{ ...keyName("a"), startsAt: day(1), endsAt: day(31) }],
} as const;
const VOID = { status: "MISSING", giving: [], buffers: [] } as const;

function inputs(text: StateText, programVersion = PROGRAM) {
  return inputsOf(state({ ...BEFORE, ...text }), programVersion);
}

const CASES: readonly [what: string, after: StateText, cause: ChangeCause][] = [
  ["a raised epoch, with licenses gone", { epoch: 2n, revision: 0n, licenses: [] }, "RESTORE"],
  ["a new upload sequence", { revision: 2n, licenses: [BASE, GPU] }, "UPLOAD"],
  ["an upload that replaced what was deleted", { revision: 3n, licenses: [GPU] }, "UPLOAD"],
  ["the same license, uploaded again", { revision: 3n, licenses: [{ ...BASE, sequence: 2 }] }, "UPLOAD"],
  ["an upload that re-acquired", { revision: 2n, licenses: [BASE, GPU], reacquiredAt: [day(1)] }, "UPLOAD"],
  ["a license gone", { revision: 2n, licenses: [] }, "DELETION"],
  ["a re-acquisition alone", { revision: 2n, reacquiredAt: [day(1)] }, "REACQUISITION"],
  ["a license gone without a revision", { licenses: [] }, "TAMPERING"],
  ["a re-acquisition that came without a revision", { reacquiredAt: [day(1)] }, "TAMPERING"],
  ["rows that do not verify any more", { tampered: ["one"] }, "TAMPERING"],
  ["the same under a new revision", { revision: 2n, tampered: ["one"] }, "TAMPERING"],
  ["another product version", { productVersion: "E0760" }, "CONFIGURATION"],
  ["a USB key that came", { revision: 2n, usb: GIVES }, "USB_KEY"],
  ["a USB key that brought its licenses", { revision: 2n, usb: GIVES, licenses: [BASE, GPU] }, "USB_KEY"],
  [
    "a history of USB keys that was taken away",
    { revision: 2n, usb: GIVES, tampered: ["usb_state"] },
    "TAMPERING",
  ],
  ["usage", { usageRevision: 1n, usage: { "base/cpus": 1n } }, "USAGE"],
  ["nothing", {}, "USAGE"],
];

for (const [what, after, cause] of CASES) {
  test(`${what} is ${cause}`, (t) => {
    t.is(causeBetween(inputs({}), inputs(after)), cause);
  });
}

test("another program is CONFIGURATION, and of no other age", (t) => {
  const other = inputs({}, "2.0.0");
  t.is(causeBetween(inputs({}), other), "CONFIGURATION");
  t.is(compareAge(inputs({}), other), 0);
});

test("a second re-acquisition is one, and one that stops verifying is tampering", (t) => {
  const once = inputs({ reacquiredAt: [day(1)] });
  const twice = inputs({ revision: 2n, reacquiredAt: [day(2), day(1)] });
  t.is(causeBetween(once, twice), "REACQUISITION");
  t.is(causeBetween(twice, inputs({ revision: 2n, tampered: ["row"], reacquiredAt: [day(1)] })), "TAMPERING");
});

test("age goes by epoch, then revision, then usage", (t) => {
  const ascending = [
    inputs({ epoch: 1n, revision: 9n, usageRevision: 9n }),
    inputs({ epoch: 2n, revision: 1n, usageRevision: 9n }),
    inputs({ epoch: 2n, revision: 2n, usageRevision: 0n }),
    inputs({ epoch: 2n, revision: 2n, usageRevision: 10n }),
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) t.is(Math.sign(compareAge(a, b)), Math.sign(i - j));
  }
});

test("usage alone is no other input", (t) => {
  t.true(isSameButUsage(inputs({}), inputs({ usageRevision: 7n })));
  for (const [what, after, cause] of CASES) {
    t.is(isSameButUsage(inputs({}), inputs(after)), cause === "USAGE", what);
  }
});

test("UK-BU-1, UK-BU-4: a removal, and the end of a buffer by another key, are USB_KEY; an upload for a key that is there is not", (t) => {
  t.is(causeBetween(inputs({ usb: GIVES }), inputs({ revision: 2n, usb: BUFFERED })), "USB_KEY");
  t.is(causeBetween(inputs({ usb: BUFFERED }), inputs({ revision: 2n, usb: VOID })), "USB_KEY");
  const upload = { revision: 2n, usb: GIVES, licenses: [BASE, GPU] };
  t.is(causeBetween(inputs({ usb: GIVES }), inputs(upload)), "UPLOAD");
});

test("another status alone, and whether a key is looked at, are no other inputs", (t) => {
  const [key] = GIVES.giving;
  for (const usb of [
    { ...GIVES, status: "ABNORMAL" },
    { ...GIVES, giving: [{ ...key, until: day(30) }] },
  ] as const) {
    t.true(isSameButUsage(inputs({ usb: GIVES }), inputs({ usb })));
  }
  t.is(inputs({ usb: VOID }).usbHash, "");
});

test("what no input tells of a platform with a USB key is that somebody looks at it again", (t) => {
  t.is(causeBetween(inputs({ usb: GIVES }), inputs({ usb: GIVES })), "USB_KEY");
  t.is(causeBetween(inputs({ usb: GIVES }), inputs({ usb: GIVES, usageRevision: 1n })), "USAGE");
});
