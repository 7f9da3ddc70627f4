import { ServiceError } from "../errors.ts";
import { requireDatabase } from "../snapshot/require-database.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { ReservationRequest, Reserved, ReserveOutcome } from "../store/quotas.ts";
import type { Store } from "../store/store.ts";
import { judgeReservation } from "./judge-reservation.ts";
import { createNotAllowed, keyReused, quotaExceeded } from "./quota-refusals.ts";

/** What changes of usage are made with. */
export interface QuotaContext {
  readonly store: Pick<
    Store,
    "reserve" | "commitReservation" | "releaseReservation" | "reportUsage" | "listUsage"
  >;
  readonly hub: SnapshotHub;
}

/** How often a reservation is judged anew because the licenses changed meanwhile. */
const MOST_ATTEMPTS = 5;

/** When to ask again: uploads do not follow each other for long. */
const RETRY_AFTER_MS = 1_000;

/**
 * Reserves amounts of meters of the profile, all or nothing, by the licenses of now: the database takes the
 * limits that this node worked out only if they are of the state that the licenses have there.
 *
 * @throws ServiceError QUOTA_EXCEEDED, CREATE_NOT_ALLOWED, IDEMPOTENCY_KEY_REUSED, DATABASE_UNAVAILABLE, BUSY
 */
export async function reserveQuota(context: QuotaContext, request: ReservationRequest): Promise<Reserved> {
  const { hub } = context;
  requireDatabase(hub);
  let hasFreshUsage = false;
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const { outcome, refusal, dependsOnUsage } = await attemptOf(context, request);
    if (outcome.outcome === "RESERVED") {
      hub.noteUsage();
      return outcome.reserved;
    }
    if (outcome.outcome === "OTHER_REVISION") await hub.refresh();
    else if (dependsOnUsage && !hasFreshUsage) {
      // What this node knows of usage may be older than a release that was answered elsewhere.
      hasFreshUsage = true;
      await hub.refreshUsage();
    } else throw refusal;
  }
  throw new ServiceError(
    "BUSY",
    "The licenses change too fast to reserve by them; nothing was reserved. Ask again.",
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

interface Attempt {
  readonly outcome: ReserveOutcome;
  /** What the caller is told, unless it was reserved. */
  readonly refusal: ServiceError | undefined;
  /** It was refused because of usage that this node read a while ago. */
  readonly dependsOnUsage: boolean;
}

async function attemptOf({ store, hub }: QuotaContext, request: ReservationRequest): Promise<Attempt> {
  const evaluation = hub.evaluation();
  const { state } = hub.current();
  const meters = request.amounts.map(({ meter }) => meter);
  const { obstacle, ...allowance } = judgeReservation(state.profile, evaluation, meters);
  const mark = { ...state.revision, id: state.revisionId };
  const outcome = await store.reserve(request, { ...allowance, mark });
  switch (outcome.outcome) {
    case "QUOTA_EXCEEDED": {
      const limit = allowance.guards.find(({ meter }) => meter === outcome.meter)?.limit ?? 0n;
      return {
        outcome,
        refusal: quotaExceeded({ ...outcome, limit }, request.amounts),
        dependsOnUsage: false,
      };
    }
    case "CREATE_NOT_ALLOWED":
      return {
        outcome,
        refusal: obstacle && createNotAllowed(obstacle, request.amounts),
        dependsOnUsage: obstacle?.over !== undefined,
      };
    case "IDEMPOTENCY_KEY_REUSED":
      return { outcome, refusal: keyReused(), dependsOnUsage: false };
    default:
      return { outcome, refusal: undefined, dependsOnUsage: false };
  }
}
