import { CapabilityReason, LicenseStatus } from "@license-service/contract";
import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { toCapability } from "../../../src/rpc/messages/capability.ts";
import { toLicense } from "../../../src/rpc/messages/license.ts";
import { type LicenseText, toInstant, toPlatform } from "../../helpers/conformance.ts";

const ORIGIN = "2026-01-01T00:00:00Z";
const PROFILE = loadProfile("zstack-cloud");

const OF_KEY: LicenseText = {
  name: "key",
  item: "base",
  edition: "standard",
  term: "paid",
  end: 365,
  quotas: { cpus: 8 },
  usb: "KEY-1",
};
const OF_CODE: LicenseText = { name: "code", item: "gpu", term: "paid" };

/** The messages on a day: the key was removed on day 10, its buffer ends on day 40. */
function messagesOn(day: number) {
  const platform = toPlatform(PROFILE, ORIGIN, {
    licenses: [OF_KEY, OF_CODE],
    usb: { status: "MISSING", buffers: [{ key: "KEY-1", start: 10, end: 40 }] },
    firstStart: 0,
    version: undefined,
    usage: {},
    reacquired: [],
  });
  const evaluation = evaluate(PROFILE, platform, toInstant(ORIGIN, day));
  const [ofKey, ofCode] = evaluation.licenses.map((standing) => toLicense(standing, evaluation));
  const compute = evaluation.capabilities.find(({ key }) => key === "compute");
  return { ofKey, ofCode, compute: compute && toCapability(compute) };
}

test("UK-BU-2: while a buffer runs, its end goes with the license and with what it decides", (t) => {
  const { ofKey, ofCode, compute } = messagesOn(20);
  const bufferExpireTime = new Date(toInstant(ORIGIN, 40));
  t.like(ofKey, { status: LicenseStatus.VALID, usbKeyId: "KEY-1", bufferExpireTime });
  t.like(ofCode, { usbKeyId: "", bufferExpireTime: undefined });
  t.like(compute, { reason: CapabilityReason.GRANTED, bufferExpireTime, expireTime: bufferExpireTime });
});

test("UK-BU-6: once the buffer is over the license has lost its key, and no buffer's end is told", (t) => {
  const { ofKey, compute } = messagesOn(40);
  t.like(ofKey, { status: LicenseStatus.USB_KEY_LOST, expired: false, bufferExpireTime: undefined });
  t.like(compute, { reason: CapabilityReason.USB_KEY_LOST, bufferExpireTime: undefined });
});
