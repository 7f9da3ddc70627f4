import type { Attack } from "./attack.ts";
import { bigMessages } from "./attacks/big-messages.ts";
import { endlessRequests } from "./attacks/endless-requests.ts";
import { idleConnections } from "./attacks/idle-connections.ts";
import { rapidReset } from "./attacks/rapid-reset.ts";
import { slowReaders } from "./attacks/slow-readers.ts";
import { wrongTokens } from "./attacks/wrong-tokens.ts";

/** Attacks by name, with what they do. */
export const ATTACKS = {
  "big-messages": { title: "5 MiB messages, valid token", run: bigMessages(true) },
  "big-messages-no-token": { title: "5 MiB messages, no token", run: bigMessages(false) },
  "rapid-reset": { title: "10,000 calls cancelled at once", run: rapidReset },
  "slow-readers": { title: "200 connections that never read", run: slowReaders },
  "endless-requests": { title: "requests without an end", run: endlessRequests },
  "idle-connections": { title: "500 silent connections", run: idleConnections },
  "wrong-tokens": { title: "wrong tokens at full speed", run: wrongTokens },
} satisfies Record<string, { title: string; run: Attack }>;

/** Name of an attack. */
export type AttackName = keyof typeof ATTACKS;

/** Whether there is an attack of this name. */
export function isAttackName(name: string): name is AttackName {
  return Object.hasOwn(ATTACKS, name);
}
