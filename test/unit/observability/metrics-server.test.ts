import { once } from "node:events";
import { connect } from "node:net";
import test from "ava";
import { pino } from "pino";
import { EXIT_CODES } from "../../../src/errors.ts";
import { MetricsServer } from "../../../src/observability/metrics-server.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

async function start(t: Teardown, read = async () => ({ contentType: "text/plain", text: "up 1\n" })) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const server = await MetricsServer.start({ address: LOOPBACK, read, log });
  t.teardown(() => server.close().catch(() => undefined));
  return { server, lines, port: Number(server.address.split(":")[1]) };
}

test("closing does not wait for a scraper who has asked for nothing yet", async (t) => {
  const { server, port } = await start(t);
  const idle = connect(port, "127.0.0.1").on("error", () => undefined);
  await once(idle, "connect");
  const closed = once(idle, "close");
  const beganAt = performance.now();
  await server.close();
  await closed;
  t.true(performance.now() - beganAt < 5_000);
});

test("metrics that cannot be read are answered with 500, without the reason, and logged with it", async (t) => {
  const { server, lines } = await start(t, () => Promise.reject(new Error("private reason")));
  const response = await fetch(`http://${server.address}/metrics`);
  t.is(response.status, 500);
  t.notRegex(await response.text(), /private reason/);
  t.is(lines.length, 1);
  t.regex(lines[0] ?? "", /private reason/);
});

test("an address of another machine refuses the start", async (t) => {
  const log = pino({ level: "silent" });
  const read = async () => ({ contentType: "", text: "" });
  const refused = MetricsServer.start({ address: { host: "192.0.2.1", port: 0 }, read, log });
  await t.throwsAsync(refused, {
    message: "Cannot listen on 192.0.2.1:0: this machine does not have the address.",
  });
  t.like(await refused.catch((error: unknown) => error), { exitCode: EXIT_CODES.listen });
});
