/** Answers conformance questions from what a server says over gRPC. */
import {
  AlertKind,
  CapabilityReason,
  CapabilityState,
  EntryVisibility,
  type GetLicenseInfoResponse,
  LicenseStatus,
  OperationClass,
  PlatformStatus,
  UploadOutcome,
} from "@license-service/contract";
import { DOMAIN_ALERT_KINDS } from "../../src/domain/alerts.ts";
import type { Ask } from "./conformance.ts";
import { type Answer, byState } from "./conformance-answer.ts";
import { nameOf } from "./rpc-answers.ts";
import { RpcError } from "./rpc-error.ts";
import type { RpcService } from "./rpc-service.ts";

/** A server that holds the licenses of a case, and how to read its answers. */
export interface Asked {
  readonly rpc: RpcService;
  readonly atTime: Date;
  /** Package of the licenses of the question, if it is an upload. */
  readonly uploaded: Buffer;
  /** Names of the licenses, by id. */
  readonly names: ReadonlyMap<string, string>;
}

/** Asks one question. */
export async function answerByRpc(asked: Asked, ask: Ask): Promise<Answer> {
  const { rpc, atTime } = asked;
  if (ask.upload !== undefined) return refused(answerUpload(asked));
  if (ask.delete !== undefined) return refused(answerDeletion(asked, ask.delete));
  if (ask.plan !== undefined) return refused(answerPlan(rpc, ask.plan));
  if (ask.capability !== undefined) return answerCapability(asked, ask.capability);
  if (ask.meter !== undefined) return answerMeter(asked, ask.meter);
  if (ask.capabilities) return answerCapabilities(asked);
  const info = await rpc.call("getLicenseInfo", { atTime });
  if (ask.alerts) return answerAlerts(info);
  if (ask.license !== undefined) return answerLicense(asked, info, ask.license);
  return answerPlatform(asked, info);
}

/** The answer, or the reasons of its refusal. */
async function refused(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RpcError) || error.reason === "") throw error;
    const refusals = error.refusals.map((refusal) => refusal.replace(/^.*: (ERROR_REASON_)?/, ""));
    return { refusals, refusal: error.reason };
  }
}

async function answerCapability({ rpc, atTime, names }: Asked, key: string): Promise<Answer> {
  const { capability, licenses, remedy } = await rpc.call("explainCapability", { key, atTime });
  if (capability === undefined) throw new Error("the explanation has no capability");
  const { state, reason, operations, entry, effectiveTime, expireTime } = capability;
  const { nextState, nextReason, nextOperations, nextEntry } = capability;
  return {
    ...outcomeOf(state, reason, operations, entry),
    licenses: licenses.map(({ id }) => names.get(id) ?? id).sort(),
    effective: instantOf(effectiveTime),
    expires: instantOf(expireTime),
    next: outcomeOf(nextState, nextReason, nextOperations, nextEntry),
    remedy: [...names].find(([id]) => remedy.includes(id))?.[1],
  };
}

function outcomeOf(
  state: CapabilityState,
  reason: CapabilityReason,
  operations: readonly OperationClass[],
  entry: EntryVisibility,
): Answer {
  return {
    state: nameOf(CapabilityState, state),
    reason: nameOf(CapabilityReason, reason),
    operations: operations.map((operation) => nameOf(OperationClass, operation)),
    entry: nameOf(EntryVisibility, entry),
  };
}

async function answerCapabilities({ rpc, atTime }: Asked): Promise<Answer> {
  const { capabilities } = await rpc.call("getLicenseCapabilities", { atTime });
  return byState(
    capabilities.map(({ key, state, reason }) => ({
      key,
      state: nameOf(CapabilityState, state),
      reason: nameOf(CapabilityReason, reason),
    })),
  );
}

/** A meter as the first capability that it limits tells it. */
async function answerMeter({ rpc, atTime }: Asked, key: string): Promise<Answer> {
  const { capabilities } = await rpc.call("getLicenseCapabilities", { atTime });
  const meter = capabilities.flatMap(({ meters }) => meters).find((reading) => reading.key === key);
  if (meter === undefined) throw new Error(`no capability has the meter ${key}`);
  const { limit, used, available, over } = meter;
  return { limit: countOf(limit), used: countOf(used), available: countOf(available), over };
}

/** `null`: unlimited. */
function countOf(amount: bigint | undefined): number | null {
  return amount === undefined ? null : Number(amount);
}

function answerAlerts({ alerts }: GetLicenseInfoResponse): Answer {
  const named = alerts.map(({ kind, subject }) => ({ kind: nameOf(AlertKind, kind), subject }));
  const ofLicenses = named.filter(({ kind }) => DOMAIN_ALERT_KINDS.some((known) => known === kind));
  return { standing: ofLicenses.map(({ kind, subject }) => `${kind} ${subject}`).sort() };
}

function answerLicense({ names }: Asked, info: GetLicenseInfoResponse, name: string): Answer {
  const licenses = [...info.additions, ...(info.license === undefined ? [] : [info.license])];
  const found = licenses.find(({ id }) => names.get(id) === name);
  return { status: nameOf(LicenseStatus, found?.status), expired: found?.expired };
}

function answerPlatform({ names }: Asked, info: GetLicenseInfoResponse): Answer {
  const { status, license, bases, nextChangeAt, service, lock } = info;
  return {
    status: nameOf(PlatformStatus, status),
    edition: bases.find(({ item }) => item === license?.item)?.edition,
    nextChange: instantOf(nextChangeAt),
    base: names.get(license?.id ?? "") ?? null,
    service:
      service === undefined
        ? null
        : { item: service.item, ends: instantOf(service.expireTime), expired: service.expired },
    lock:
      lock === undefined
        ? null
        : { since: instantOf(lock.since), item: lock.item, license: names.get(lock.licenseId) },
  };
}

function instantOf(date: Date | undefined): number | null {
  return date === undefined ? null : date.getTime();
}

async function answerPlan(rpc: RpcService, ask: NonNullable<Ask["plan"]>): Promise<Answer> {
  const { solution, version: productVersion, architecture = "" } = ask;
  const { plans } = await rpc.call("planLicenses", {
    solution,
    architecture,
    ...(productVersion === undefined ? {} : { productVersion }),
  });
  const named = plans.map(({ licenses }) =>
    licenses.map(({ item, edition }) => (edition === "" ? item : `${item} ${edition}`)),
  );
  return { plans: named, least: named[0] };
}

/** Files are named as their licenses are. */
async function answerUpload({ rpc, uploaded }: Asked): Promise<Answer> {
  const { licenses } = await rpc.call("uploadLicense", { package: uploaded, validateOnly: true });
  const named = (wanted: UploadOutcome) =>
    licenses.filter(({ outcome }) => outcome === wanted).map(({ fileName }) => fileName);
  return { applied: named(UploadOutcome.INSTALLED), known: named(UploadOutcome.ALREADY_INSTALLED) };
}

async function answerDeletion(
  { rpc, names }: Asked,
  target: { readonly license: string } | { readonly item: string },
): Promise<Answer> {
  const id = "license" in target ? [...names].find(([, name]) => name === target.license)?.[0] : undefined;
  const request = "item" in target ? { item: target.item } : { licenseId: id ?? "" };
  const { deletedLicenseIds } = await rpc.call("deleteLicense", { ...request, validateOnly: true });
  return { deleted: deletedLicenseIds.map((deleted) => names.get(deleted) ?? deleted).sort() };
}
