/** A store in memory for hub tests: rows signed as real ones are, and a database that can be taken away. */
import { randomUUID } from "node:crypto";
import type { Instant } from "../../src/domain/license.ts";
import { NO_USB_STATE } from "../../src/domain/usb/usb-state.ts";
import { licenseIdOf } from "../../src/license-file/license-of-claims.ts";
import type { PlatformKey } from "../../src/platform/platform-key.ts";
import { signRow } from "../../src/platform/signed-row.ts";
import { signUsbState } from "../../src/platform/usb-rows.ts";
import { firstStartPayload, sequencePayload } from "../../src/snapshot/signed-rows.ts";
import type { SnapshotSource } from "../../src/snapshot/snapshot-hub.ts";
import { NO_USAGE, type StoredLicense, type StoredState } from "../../src/store/types.ts";

/** A store that a test changes. */
export interface FakeStore extends SnapshotSource {
  /** What is stored. Assign to change rows by hand. */
  state: StoredState;
  /** Set: every read fails with it. */
  failure: Error | undefined;
  /** Set: every read waits for it first. */
  delay: Promise<void> | undefined;
  /** How often the whole state was read. */
  readonly loads: number;
  /** How often usage alone was read. */
  readonly usageLoads: number;
  /** Stores a license as an upload does: a row, a signature, a revision. No hint is given. */
  install(signedBytes: string, uploadedAt: Instant): Promise<void>;
  /** Sets what is in use, by meter. No hint is given. */
  use(totals: Readonly<Record<string, bigint>>): void;
  /** Says that there may be a new revision. */
  hint(): void;
}

/** Makes an empty store of a platform. */
export async function createFakeStore(key: PlatformKey, firstStartAt: Instant): Promise<FakeStore> {
  let loads = 0;
  let usageLoads = 0;
  const listeners = new Set<() => void>();
  const read = async <T>(answer: () => T): Promise<T> => {
    await store.delay;
    if (store.failure !== undefined) throw store.failure;
    return answer();
  };
  const store: FakeStore = {
    state: await emptyState(key, firstStartAt),
    failure: undefined,
    delay: undefined,
    get loads() {
      return loads;
    },
    loadState() {
      loads += 1;
      return read(() => store.state);
    },
    readRevisions: () =>
      read(() => ({
        ...store.state,
        usageRevision: store.state.usage.revision,
        isLeaseDue: false,
        usbScanRequest: 0,
      })),
    loadUsage() {
      usageLoads += 1;
      return read(() => store.state.usage);
    },
    endDueLeases: async () => undefined,
    get usageLoads() {
      return usageLoads;
    },
    use(totals) {
      const revision = store.state.usage.revision + 1n;
      store.state = { ...store.state, usage: { revision, totals: new Map(Object.entries(totals)) } };
    },
    listen({ onHint }) {
      const listener = () => onHint(undefined);
      listeners.add(listener);
      return { close: async () => void listeners.delete(listener) };
    },
    async install(signedBytes, uploadedAt) {
      store.state = await withLicense(store.state, key, signedBytes, uploadedAt);
    },
    hint: () => {
      for (const listener of listeners) listener();
    },
  };
  return store;
}

async function emptyState(key: PlatformKey, firstStartAt: Instant): Promise<StoredState> {
  const platform = {
    thumbprint: key.thumbprint,
    publicKey: key.publicKeyX,
    profile: "zstack-cloud",
    firstStartAt,
    firstStartJws: await signRow(key, "first-start", firstStartPayload(firstStartAt)),
    primaryNodeId: "node-1",
  };
  const usbState = await signUsbState(key, NO_USB_STATE, 0n);
  const revision = { storeId: "3f0c8f0e-5b8c-4d5e-9d53-0d4c9a2f7a11", epoch: 1n, revision: 0n };
  return {
    revision,
    revisionId: randomUUID(),
    platform,
    licenses: [],
    reacquisitions: [],
    restores: [],
    putOffs: [],
    usbState,
    usage: NO_USAGE,
  };
}

async function withLicense(
  { revision, platform, licenses, reacquisitions, usbState, usage }: StoredState,
  key: PlatformKey,
  signedBytes: string,
  uploadedAt: Instant,
): Promise<StoredState> {
  const id = licenseIdOf(signedBytes);
  const uploadSequence = licenses.length + 1;
  const next = revision.revision + 1n;
  const license: StoredLicense = {
    id,
    signedBytes,
    uploadSequence,
    sequenceJws: await signRow(key, "upload-sequence", sequencePayload(id, uploadSequence, next)),
    uploadedAt,
    uploadedByNodeId: platform.primaryNodeId,
  };
  return {
    revision: { ...revision, revision: next },
    revisionId: randomUUID(),
    platform,
    licenses: [...licenses, license],
    reacquisitions,
    restores: [],
    putOffs: [],
    usbState,
    usage,
  };
}
