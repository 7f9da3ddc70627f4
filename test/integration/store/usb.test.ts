/** What is stored of USB keys, on real PostgreSQL. */
import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import { installIn, makeLicense, openTestStore } from "./fixtures.ts";

test("EV-8: the first state of the USB keys makes no revision, a later one does", async (t) => {
  const { store } = await openTestStore(t);
  t.is((await store.readUsb()).state, undefined);
  const begun = await store.write((tx) => tx.beginUsbState("the first"));
  t.is(begun.revision.revision, 0n);
  t.is((await store.readUsb()).state, "the first");
  t.is((await store.loadState()).usbState, "the first");
  const { revision } = await store.write((tx) => tx.setUsbState("another"));
  t.is(revision.revision, 1n);
  t.is((await store.loadState()).usbState, "another");
});

test("EV-8: a state whose row was taken away reads as none, and can be written again", async (t) => {
  const { knex, store } = await openTestStore(t);
  await store.write((tx) => tx.setUsbState("one"));
  await knex("usb_state").del();
  t.is((await store.loadState()).usbState, undefined);
  await store.write((tx) => tx.setUsbState("two"));
  t.is((await store.readUsb()).state, "two");
});

test("an attempt that fails undoes its own part of a write, and gives none of its upload sequences", async (t) => {
  const { store, nodeId } = await openTestStore(t);
  const license = makeLicense();
  const failure = new ServiceError("JTI_REUSED", "refused");
  const { revision } = await store.write(async (tx) => {
    const error = await t.throwsAsync(
      tx.attempt(async () => {
        await installIn(tx, makeLicense(), nodeId);
        throw failure;
      }),
    );
    t.is(error, failure);
    await tx.attempt(() => installIn(tx, license, nodeId));
  });
  t.is(revision.revision, 1n);
  const { licenses } = await store.loadState();
  t.deepEqual(
    licenses.map(({ id, uploadSequence }) => [id, uploadSequence]),
    [[license.id, 2]],
  );
  t.is((await store.listRecords({ limit: 10 })).total, 1);
});

test("an attempt that fails at the database leaves the rest of the write standing", async (t) => {
  const { store, nodeId } = await openTestStore(t);
  const license = makeLicense();
  await store.write(async (tx) => {
    await installIn(tx, license, nodeId);
    await t.throwsAsync(
      tx.attempt(() => installIn(tx, makeLicense({ jti: license.jti }), nodeId)),
      { message: /license_number_is_unique/ },
    );
  });
  t.is((await store.loadState()).licenses.length, 1);
});

test("a write whose only attempt failed changes nothing", async (t) => {
  const { store, nodeId } = await openTestStore(t);
  const { revision } = await store.write(async (tx) => {
    const failing = tx.attempt(async () => {
      await installIn(tx, makeLicense(), nodeId);
      throw new Error("no");
    });
    await failing.catch(() => undefined);
  });
  t.is(revision.revision, 0n);
});

test("a license for a USB key is known to have been there also once it is deleted", async (t) => {
  const { store, install } = await openTestStore(t);
  const hasKeyRecords = async () => (await store.write((tx) => tx.hasKeyRecords())).result;
  await install();
  t.false(await hasKeyRecords());
  const binding = { method: "usb-key", keyId: "key-1", thumbprint: "t" } as const;
  const { result } = await install(makeLicense({ binding }));
  await store.write((tx) => tx.deleteLicense(result.id, "replaced"));
  t.true(await hasKeyRecords());
});
