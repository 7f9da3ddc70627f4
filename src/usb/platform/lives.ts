import type { NodeLife } from "../../domain/usb/lost-nodes.ts";
import type { NodeSight } from "../../domain/usb/sights.ts";
import type { UsbReading } from "../../store/usb.ts";

/** When each node was heard of: by what it signed, which nobody else can renew; by its heartbeat where it signed nothing. */
export function livesOf({ nodes }: UsbReading, sights: readonly NodeSight[]): readonly NodeLife[] {
  const writtenAt = new Map(sights.map((sight) => [sight.nodeId, sight.writtenAt]));
  return nodes.map(({ id, heartbeatAt }) => ({ id, heardAt: writtenAt.get(id) ?? heartbeatAt }));
}
