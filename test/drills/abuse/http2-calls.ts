/** gRPC by Node's own HTTP/2: it keeps to no limit that a gRPC client would keep to. */
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import type { Tally, Target } from "./attack.ts";

const SERVICE = "/license.v1.LicenseService";

/** A session; `undefined`: the server takes none now. */
export async function openSession({ host, port }: Target): Promise<ClientHttp2Session | undefined> {
  const session = connect(`http://${host}:${port}`);
  session.on("error", () => undefined);
  try {
    await once(session, "connect");
    return session;
  } catch {
    session.destroy();
    return undefined;
  }
}

/** Works on one session after another until the attack is over: a server may close them. */
export async function onSessions(
  target: Target,
  tally: Tally,
  work: (session: ClientHttp2Session) => Promise<void>,
): Promise<void> {
  while (!target.signal.aborted) {
    const session = await openSession(target);
    if (session === undefined) {
      tally("connection refused");
      await delay(10);
      continue;
    }
    const end = () => session.destroy();
    target.signal.addEventListener("abort", end, { once: true });
    while (!target.signal.aborted && !session.closed && !session.destroyed) await work(session);
    target.signal.removeEventListener("abort", end);
    if (!target.signal.aborted) tally("connection closed by the server");
    session.destroy();
  }
}

/** Begins a call; the caller writes its body and ends it, or does not. */
export function beginCall(
  session: ClientHttp2Session,
  method: string,
  token: string | undefined,
): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": `${SERVICE}/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  stream.on("error", () => undefined);
  return stream;
}

/** One message as it goes over the wire: no compression, length, bytes. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** How a call ended: "grpc-status 16", or how its stream did. */
export function outcomeOf(stream: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve) => {
    let status: string | undefined;
    const look = (headers: Readonly<Record<string, unknown>>) => {
      if (headers["grpc-status"] !== undefined) status = `grpc-status ${headers["grpc-status"]}`;
    };
    stream.on("response", look);
    stream.on("trailers", look);
    stream.on("close", () => resolve(status ?? `stream closed, code ${stream.rstCode}`));
    stream.resume();
  });
}
