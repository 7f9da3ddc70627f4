/** GetLicenseInfo over a real hub, as far as it tells of USB keys. */
import {
  type GetLicenseInfoRequest,
  type GetLicenseInfoResponse,
  UsbStatus,
} from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { NO_USB_STATE, newKeyState } from "../../../src/domain/usb/usb-state.ts";
import { createGetLicenseInfo } from "../../../src/rpc/get-license-info.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { makeUsbKey, storeUsbState } from "../../helpers/usb-keys.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

const IDENTITY = { requestCode: "code", platformId: "0123456789", nodeId: "node-1" };
const BUFFER_ENDS_AT = ISSUED_AT + 30 * DAY_MS;

/** A platform without licenses whose only key was removed at its first start. */
async function create(t: Teardown) {
  const platform = await createTestPlatform(ISSUED_AT);
  const removed = {
    ...newKeyState(makeUsbKey("K1")),
    removedAt: ISSUED_AT,
    bufferEndsAt: BUFFER_ENDS_AT,
    isBufferVoid: false,
  };
  await storeUsbState(platform, { ...NO_USB_STATE, status: "MISSING", keys: [removed] });
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const { clock, timers } = platform.time;
  const handler = createGetLicenseInfo({
    hub,
    clock,
    timers,
    identity: IDENTITY,
    nodes: () => [],
    liveAlerts: [],
  });
  const info = async (request: GetLicenseInfoRequest = {}) =>
    (await handler(request, {} as never)) as GetLicenseInfoResponse;
  return { ...platform, info };
}

test("UK-ST-1, UK-BU-2: the status of the keys is answered, and the buffers that run at the asked instant", async (t) => {
  const { info } = await create(t);
  const now = await info();
  t.is(now.usbStatus, UsbStatus.MISSING);
  t.deepEqual(now.usbBuffers, [
    { keyId: "K1", startTime: new Date(ISSUED_AT), expireTime: new Date(BUFFER_ENDS_AT) },
  ]);
  const later = await info({ atTime: new Date(BUFFER_ENDS_AT) });
  t.is(later.usbStatus, UsbStatus.MISSING, "EV-2: by the keys of now");
  t.deepEqual(later.usbBuffers, []);
});

test("UK-BU-6: an answer with a buffer holds until the buffer ends, also where no license runs by it", async (t) => {
  const { info, time } = await create(t);
  time.jump(30 * DAY_MS - 3_600_000);
  const { revision: knownRevision, evaluatedAt: knownEvaluatedAt } = await info();
  const again = () => info({ knownRevision, knownEvaluatedAt });
  time.jump(3_599_999);
  t.true((await again()).unchanged);
  time.jump(1);
  t.false((await again()).unchanged);
});
