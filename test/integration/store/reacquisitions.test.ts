import test from "ava";
import { openTestStore, UPLOADED_AT } from "./fixtures.ts";

test("US-TE-6: a re-acquisition is a change like any other: read back whole, under the revision that it made", async (t) => {
  const { store, nodeId, install } = await openTestStore(t);
  await install();
  const { revision } = await store.write(async (tx) => {
    await tx.addReacquisition({ reacquiredAt: UPLOADED_AT + 1, rowJws: "later.row.text", nodeId });
    t.is((await tx.state()).reacquisitions.length, 1);
  });
  t.is(revision.revision, 2n);
  await store.write((tx) =>
    tx.addReacquisition({ reacquiredAt: UPLOADED_AT, rowJws: "earlier.row.text", nodeId }),
  );
  const state = await store.loadState();
  t.is(state.revision.revision, 3n);
  t.deepEqual(
    state.reacquisitions.map(({ id: _, ...row }) => row),
    [
      { reacquiredAt: UPLOADED_AT, revision: 3n, rowJws: "earlier.row.text" },
      { reacquiredAt: UPLOADED_AT + 1, revision: 2n, rowJws: "later.row.text" },
    ],
  );
});

test("US-TE-6: a write that fails after it has re-acquired leaves no re-acquisition and no revision", async (t) => {
  const { store, nodeId } = await openTestStore(t);
  const failing = store.write(async (tx) => {
    await tx.addReacquisition({ reacquiredAt: UPLOADED_AT, rowJws: "a.row.text", nodeId });
    throw new Error("later in the same write");
  });
  await t.throwsAsync(failing, { message: "later in the same write" });
  const state = await store.loadState();
  t.deepEqual([state.reacquisitions, state.revision.revision], [[], 0n]);
});
