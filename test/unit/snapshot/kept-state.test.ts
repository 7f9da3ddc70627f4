import test from "ava";
import { keptStateText, parseKeptState } from "../../../src/snapshot/kept-state.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

async function exampleOf(productVersion: string | undefined) {
  const { store, install } = await createTestPlatform(ISSUED_AT);
  await install({});
  const place = { epoch: 1n, revision: 9_223_372_036_854_775_807n };
  const restores = [{ epoch: 2n, raisedAt: ISSUED_AT, found: place, seen: place }];
  const id = "3f0c8f0e-5b8c-4d5e-9d53-0d4c9a2f7a11";
  const reacquisitions = [
    { id, reacquiredAt: ISSUED_AT, revision: place.revision, rowJws: "signed.row.text" },
  ];
  const putOffs = [{ kind: "MODULE_TO_EXPIRE", subject: "gpu", putOffAt: ISSUED_AT }];
  return {
    writtenAt: ISSUED_AT,
    profile: "zstack-cloud",
    productVersion,
    stored: { ...store.state, reacquisitions, restores, putOffs },
  };
}

test("what is kept reads back word for word, 64-bit counts included", async (t) => {
  for (const productVersion of ["E0760P01", undefined]) {
    const kept = await exampleOf(productVersion);
    t.deepEqual(parseKeptState(keptStateText(kept)), kept);
  }
});

test("threat 7: a text that was cut anywhere is damaged, and reading never throws", async (t) => {
  const text = keptStateText(await exampleOf("E0760"));
  for (let length = 0; length < text.length - 1; length++) {
    t.deepEqual(parseKeptState(text.slice(0, length)), { fault: "damaged" });
  }
});

test("a member of another type or one too many is damage, a higher format version is news", async (t) => {
  const document = JSON.parse(keptStateText(await exampleOf("E0760")));
  const fault = (changes: object) => parseKeptState(JSON.stringify({ ...document, ...changes }));
  for (const changes of [
    { writtenAt: "now" },
    { writtenAt: 9e15 },
    { revision: { ...document.revision, epoch: 1 } },
    { licenses: [{ ...document.licenses[0], uploadSequence: 1.5 }] },
    { licenses: null },
    { more: 1 },
  ]) {
    t.deepEqual(fault(changes), { fault: "damaged" }, JSON.stringify(changes));
  }
  t.deepEqual(fault({ formatVersion: 4, more: 1 }), { fault: "newer" });
});

test("a file of version 1, which knew no re-acquisitions, is read as one without any", async (t) => {
  const { stored } = await exampleOf("E0760");
  const {
    reacquisitions: _,
    usbState: __,
    ...document
  } = JSON.parse(keptStateText(await exampleOf("E0760")));
  const parsed = parseKeptState(JSON.stringify({ ...document, formatVersion: 1 }));
  t.deepEqual("stored" in parsed && parsed.stored.reacquisitions, []);
  t.is("stored" in parsed && parsed.stored.licenses.length, stored.licenses.length);
});

test("EV-8: a file of version 2, which knew no USB keys, tells of none; one of version 3 without them was changed", async (t) => {
  const { usbState: _, ...document } = JSON.parse(keptStateText(await exampleOf("E0760")));
  const usbStateOf = (formatVersion: number) => {
    const parsed = parseKeptState(JSON.stringify({ ...document, formatVersion }));
    return "stored" in parsed ? parsed.stored.usbState : "damaged";
  };
  t.is(usbStateOf(2), null);
  t.is(usbStateOf(3), undefined);
});
