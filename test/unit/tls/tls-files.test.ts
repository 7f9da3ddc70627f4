import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { certificateAlerts } from "../../../src/tls/certificate-alerts.ts";
import { TlsFiles } from "../../../src/tls/tls-files.ts";
import { createFakeTime } from "../../helpers/fake-time.ts";
import { makeTlsPlace } from "../../helpers/tls-place.ts";

const DAY_MS = 86_400_000;

async function open(t: ExecutionContext) {
  const place = await makeTlsPlace(t);
  const time = createFakeTime(Date.now());
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const files = await TlsFiles.open({ paths: place.paths, ...time, log, lookMs: 5000 });
  t.teardown(() => files.close());
  const changes: string[] = [];
  files.onChange(({ digest }) => changes.push(digest));
  /** Lets a look fall due, and waits until what it reads is read. */
  const look = async () => {
    await time.pass(5000);
    await files.reload();
  };
  return { place, time, files, lines, changes, look };
}

test("new contents are taken over at the next look, and equal ones are no change", async (t) => {
  const { place, files, changes, look } = await open(t);
  const first = files.current.digest;
  await place.putServer({
    certificate: files.current.context.cert.toString(),
    key: files.current.context.key.toString(),
  });
  await look();
  t.deepEqual(changes, []);
  await place.putServer(place.authority.issueServer());
  await look();
  t.is(changes.length, 1);
  t.not(files.current.digest, first);
  t.deepEqual(files.alerts(), []);
});

test("contents that cannot be used change nothing, are one line and an alert, until they can be", async (t) => {
  const { place, files, changes, lines, look } = await open(t);
  const first = files.current;
  const next = place.authority.issueServer();
  await place.put(place.paths.certificate, next.certificate);
  for (let times = 0; times < 3; times++) await look();
  t.is(files.current, first);
  t.deepEqual(changes, []);
  t.is(lines.filter((line) => line.includes("cannot be used")).length, 1);
  t.like(files.alerts(), { 0: { kind: "SERVER_CERTIFICATE", severity: "CRITICAL" }, length: 1 });
  t.regex(files.alerts()[0]?.message ?? "", /server\.pem.*the key is not that/);
  await place.put(place.paths.key, next.key);
  await look();
  t.is(changes.length, 1);
  t.deepEqual(files.alerts(), []);
  t.true(lines.some((line) => line.includes("can be used again")));
});

test("putting the old contents back ends the alert without a change", async (t) => {
  const { place, files, changes, look } = await open(t);
  const { cert } = files.current.context;
  await place.put(place.paths.certificate, "");
  await look();
  t.is(files.alerts().length, 1);
  await place.put(place.paths.certificate, cert);
  await look();
  t.deepEqual(files.alerts(), []);
  t.deepEqual(changes, []);
});

test("looks fall due by themselves, one after the other", async (t) => {
  const { place, files, time } = await open(t);
  const first = files.current.digest;
  await place.putServer(place.authority.issueServer());
  t.deepEqual(time.delays(), [5000]);
  await time.pass(5000);
  await files.close();
  t.not(files.current.digest, first);
});

test("no look is left over after the close", async (t) => {
  const { files, time, look } = await open(t);
  await look();
  await files.close();
  t.deepEqual(time.delays(), []);
});

test("a certificate is a warning for fourteen days, and critical from its end on", (t) => {
  const notAfter = Date.parse("2026-03-15T00:00:00Z");
  const certificate = { subject: "CN=a\u001b[31m", notAfter };
  const at = (now: number) => certificateAlerts(certificate, undefined, now).map(({ severity }) => severity);
  t.deepEqual(at(notAfter - 14 * DAY_MS - 1), []);
  t.deepEqual(at(notAfter - 14 * DAY_MS), ["WARNING"]);
  t.deepEqual(at(notAfter - 1), ["WARNING"]);
  t.deepEqual(at(notAfter), ["CRITICAL"]);
  t.is(certificateAlerts(certificate, undefined, notAfter)[0]?.subject, "CN=a\\u{1b}[31m");
  t.is(certificateAlerts(certificate, "x", notAfter).length, 2);
});
