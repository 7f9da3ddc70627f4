/** A snapshot hub over a store in memory, at a time that a test moves. */
import { pino } from "pino";
import type { Instant } from "../../src/domain/license.ts";
import type { LicenseRequest } from "../../src/license-file/issue-license.ts";
import type { PlatformKey } from "../../src/platform/platform-key.ts";
import { loadProfile } from "../../src/profiles/load-profile.ts";
import { encodeSnapshot } from "../../src/rpc/messages/snapshot.ts";
import type { StateContext } from "../../src/snapshot/license-state.ts";
import { createRowVerifier } from "../../src/snapshot/row-verifier.ts";
import { SnapshotHub } from "../../src/snapshot/snapshot-hub.ts";
import { createFakeStore, type FakeStore } from "./fake-store.ts";
import { createFakeTime, type FakeTime } from "./fake-time.ts";
import { createTestPlatformKey, createTestVendor, issue } from "./vendor.ts";

/** Platform, vendor, store and time of one test, with no hub yet. */
export interface TestPlatform {
  readonly time: FakeTime;
  readonly store: FakeStore;
  readonly context: StateContext;
  /** Signs the rows. */
  readonly key: PlatformKey;
  /** Issues a license for this platform. */
  issue(claims: Partial<LicenseRequest>): Promise<string>;
  /** Issues a license and stores it. */
  install(claims: Partial<LicenseRequest>): Promise<string>;
  /** Starts a hub. The test closes it. @param pollMs default: 1,000 */
  startHub(pollMs?: number): Promise<SnapshotHub>;
}

/** Makes a zstack-cloud platform whose first start is `start`. */
export async function createTestPlatform(start: Instant): Promise<TestPlatform> {
  const vendor = await createTestVendor();
  const key = await createTestPlatformKey();
  const time = createFakeTime(start);
  const store = await createFakeStore(key, start);
  const profile = loadProfile("zstack-cloud");
  const expected = { thumbprint: key.thumbprint, profile: profile.name };
  const rows = createRowVerifier({ trust: vendor.trust, expected, publicKeyX: key.publicKeyX });
  const context = {
    profile,
    productVersion: undefined,
    trust: { hasAnchors: true, isTestVendorTrusted: false },
    rows,
  };
  const issueHere = (claims: Partial<LicenseRequest>) => issue(vendor, key.thumbprint, claims);
  return {
    time,
    store,
    context,
    key,
    issue: issueHere,
    async install(claims) {
      const signedBytes = await issueHere(claims);
      await store.install(signedBytes, time.clock.now());
      return signedBytes;
    },
    startHub: (pollMs = 1_000) =>
      SnapshotHub.start({
        context,
        source: store,
        encode: encodeSnapshot,
        clock: time.clock,
        timers: time.timers,
        pollMs,
        log: pino({ level: "silent" }),
      }),
  };
}
