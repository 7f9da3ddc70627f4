import type { Refusal } from "../domain/refusal.ts";
import { ServiceError } from "../errors.ts";

/**
 * The error for a package or a deletion that is refused: by the first reason, with all of them in the
 * details (LI-8).
 *
 * @param refusals at least one, the deciding one first
 */
export function refused(refusals: readonly Refusal[]): ServiceError {
  const [first] = refusals;
  if (first === undefined) throw new RangeError("refused for no reason");
  const file = first.fileName ? `${first.fileName}: ` : "";
  return new ServiceError(first.reason, `${file}${first.message}`, {
    refusals,
    ...(first.metadata === undefined ? {} : { metadata: first.metadata }),
  });
}
