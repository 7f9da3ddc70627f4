import { connect } from "node:net";
import { type Attack, over } from "../attack.ts";

const SOCKETS = 500;

/** Connections that say nothing at all. */
export const idleConnections: Attack = async (target, tally) => {
  const sockets = Array.from({ length: SOCKETS }, () => {
    const socket = connect({ host: target.host, port: target.port });
    tally("opened");
    socket.on("error", () => undefined);
    // Only who reads is told of the end.
    socket.resume();
    socket.on("close", () => {
      if (!target.signal.aborted) tally("closed by the server");
    });
    return socket;
  });
  await over(target);
  for (const socket of sockets) socket.destroy();
};
