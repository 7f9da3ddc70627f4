import * as contract from "@license-service/contract";
import type { Evaluation, LicenseStanding, MeterReading } from "../../domain/evaluation.ts";
import {
  type Binding,
  bufferEndAt,
  hasEndedAt,
  type InstalledLicense,
  keyIdOf,
  type License,
  type Term,
} from "../../domain/license.ts";
import { type NoLicensePhase, noLicenseBoundaries, noLicensePhaseAt } from "../../domain/no-license.ts";
import type { LicenseState, UnverifiedLicense } from "../../snapshot/license-state.ts";
import { toMeter } from "./capability.ts";
import { toDate, toOptionalDate } from "./instants.ts";

const TYPES: Readonly<Record<Term, contract.LicenseType>> = {
  trial: contract.LicenseType.TRIAL,
  paid: contract.LicenseType.PAID,
  temporary: contract.LicenseType.TEMPORARY,
  formal: contract.LicenseType.FORMAL,
};

const METHODS: Readonly<Record<Binding["method"], contract.AuthorizationMethod>> = {
  "request-code": contract.AuthorizationMethod.REQUEST_CODE,
  "usb-key": contract.AuthorizationMethod.USB_KEY,
};

/** The type of a license, by its term. */
export function toLicenseType(term: Term): contract.LicenseType {
  return TYPES[term];
}

/** What a license is bound to. */
export function toMethod(method: Binding["method"]): contract.AuthorizationMethod {
  return METHODS[method];
}

/** An installed license with its worth at the evaluation's instant. */
export function toLicense(
  { license, status, expired }: LicenseStanding,
  evaluation: Evaluation,
): contract.License {
  return {
    ...claimsOf(license),
    status: contract.LicenseStatus[status],
    expired,
    bufferExpireTime: toOptionalDate(bufferEndAt(license, evaluation.at)),
    uploadTime: toDate(license.uploadedAt),
    managementNodeId: license.uploadedByNodeId,
    uploadSequence: BigInt(license.uploadSequence),
    meters: status === "VALID" ? metersOfItem(evaluation, license.item) : grantedMeters(evaluation, license),
  };
}

/** A license that gives nothing, because it does not verify; of its claims only what the vendor's signature covers. */
export function toUnverifiedLicense(
  { stored, license }: UnverifiedLicense,
  evaluation: Evaluation,
): contract.License {
  return {
    ...(license === undefined ? contract.License.create({ id: stored.id }) : claimsOf(license)),
    status: contract.LicenseStatus.UNVERIFIED,
    expired: license !== undefined && hasEndedAt(license, evaluation.at),
    uploadTime: toDate(stored.uploadedAt),
    managementNodeId: stored.uploadedByNodeId,
    uploadSequence: BigInt(stored.uploadSequence),
    meters: license === undefined ? [] : grantedMeters(evaluation, license),
  };
}

/** The product's no-license state in the shape of a license, without an id. */
export function toNoLicense({ profile, facts }: LicenseState, evaluation: Evaluation): contract.License {
  const { item, edition = "" } = evaluation.base;
  const [startsAt, endsAt] = noLicenseBoundaries(profile.noLicense, facts);
  const phase = noLicensePhaseAt(profile.noLicense, facts, evaluation.at);
  return contract.License.create({
    item,
    edition,
    licenseType: contract.LicenseType.FREE,
    status: NO_LICENSE_STATUSES[phase],
    expired: phase === "OVER",
    startTime: toOptionalDate(startsAt),
    expireTime: toOptionalDate(endsAt),
    productInfo: profile.noLicense.title.en,
    meters: metersOfItem(evaluation, item),
  });
}

const NO_LICENSE_STATUSES: Readonly<Record<NoLicensePhase, contract.LicenseStatus>> = {
  PENDING: contract.LicenseStatus.PENDING,
  IN_FORCE: contract.LicenseStatus.VALID,
  OVER: contract.LicenseStatus.EXPIRED,
};

function claimsOf(license: License): contract.License {
  return contract.License.create({
    id: license.id,
    item: license.item,
    edition: license.edition ?? "",
    fromEdition: license.fromEdition ?? "",
    licenseType: toLicenseType(license.term),
    authorizationMethod: toMethod(license.binding.method),
    usbKeyId: keyIdOf(license) ?? "",
    issuedTime: toDate(license.issuedAt),
    startTime: toDate(license.startsAt),
    expireTime: toOptionalDate(license.endsAt),
    serviceExpireTime: toOptionalDate(license.serviceEndsAt),
    user: license.customer,
    productInfo: license.productName,
    contractNumber: license.contractNumber,
    authorizationCode: license.authorizationCode,
  });
}

/** The readings of an item's meters. */
export function metersOfItem({ meters }: Evaluation, item: string): contract.Meter[] {
  return meters.filter(({ key }) => key.startsWith(`${item}/`)).map(toMeter);
}

/** For a license that does not decide its item: what it is good for on paper; nothing of it is available. */
function grantedMeters({ meters }: Evaluation, { item, quotas }: License): contract.Meter[] {
  const used = (key: string) => meters.find((meter: MeterReading) => meter.key === key)?.used ?? 0n;
  return [...quotas]
    .map(([unit, limit]) => ({ key: `${item}/${unit}`, unit, limit }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((meter) => ({ ...meter, used: used(meter.key), available: 0n, over: false }));
}

/** The licenses of these ids, in the evaluation's order. */
export function licensesById(
  evaluation: Evaluation,
  licenses: readonly InstalledLicense[],
): contract.License[] {
  const ids = new Set(licenses.map(({ id }) => id));
  const chosen = evaluation.licenses.filter(({ license }) => ids.has(license.id));
  return chosen.map((standing) => toLicense(standing, evaluation)).sort((a, b) => (a.id < b.id ? -1 : 1));
}
