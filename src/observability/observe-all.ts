import type { CallObserver } from "../rpc/interceptors/call-observer.ts";

/** One observer for all that are there; `undefined`: there is none. */
export function observeAll(observers: readonly CallObserver[]): CallObserver | undefined {
  const [first, ...others] = observers;
  if (others.length === 0) return first;
  return {
    began(call, metadata) {
      for (const observer of observers) observer.began?.(call, metadata);
    },
    ended(call, code, reason) {
      for (const observer of observers) observer.ended(call, code, reason);
    },
  };
}
