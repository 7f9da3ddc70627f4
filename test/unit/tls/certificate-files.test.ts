import { chmod, mkdir, rm } from "node:fs/promises";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES, StartupError } from "../../../src/errors.ts";
import { readCertificateFiles } from "../../../src/tls/certificate-files.ts";
import { createTestAuthority, encryptKey } from "../../helpers/certificates.ts";
import { makeTlsPlace, type TlsPlace } from "../../helpers/tls-place.ts";

const DAY_MS = 86_400_000;

async function assertRefused(t: ExecutionContext, { paths }: TlsPlace, message: RegExp): Promise<void> {
  const error = await t.throwsAsync(readCertificateFiles(paths, Date.now()), {
    instanceOf: StartupError,
    message,
  });
  t.is((error as StartupError).exitCode, EXIT_CODES.certificate);
  t.notRegex(error?.message ?? "", /\n|PRIVATE KEY/);
}

test("good files tell subject, names, end and identities", async (t) => {
  const place = await makeTlsPlace(t);
  const notAfter = Math.floor(Date.now() / 1000) * 1000 + DAY_MS;
  await place.putServer(place.authority.issueServer({ notAfter }));
  await place.putIdentities({ name: "ops", role: "admin", dns: "ops.example" });
  const files = await readCertificateFiles(place.paths, Date.now());
  t.is(files.subject, "CN=localhost");
  t.deepEqual(files.names, ["DNS:localhost", "IP Address:127.0.0.1"]);
  t.is(files.notAfter, notAfter);
  t.deepEqual(files.entries, [{ name: "ops", role: "admin", by: "dns", value: "ops.example" }]);
  t.false(files.isKeyOpenToOthers);
  await chmod(place.paths.key, 0o640);
  t.true((await readCertificateFiles(place.paths, Date.now())).isKeyOpenToOthers);
});

test("the digest changes with the content of each file, and with nothing else", async (t) => {
  const place = await makeTlsPlace(t);
  const digest = async () => (await readCertificateFiles(place.paths, Date.now())).digest;
  const first = await digest();
  await place.put(place.paths.clientCa, place.authority.certificate);
  t.is(await digest(), first);
  await place.put(place.paths.clientCa, createTestAuthority().certificate);
  const second = await digest();
  await place.putIdentities({ name: "a", role: "viewer", dns: "a" });
  const third = await digest();
  await place.putServer(place.authority.issueServer());
  t.is(new Set([first, second, third, await digest()]).size, 4);
});

test("a missing file, a directory and a device are refused by name", async (t) => {
  const place = await makeTlsPlace(t);
  await rm(place.paths.key);
  await assertRefused(t, place, /server\.key" \(LICENSE_TLS_KEY\) cannot be used: it does not exist\.$/);
  await mkdir(place.paths.key);
  await assertRefused(t, place, /it is a directory|it is not a file/);
  const device = { ...place, paths: { ...place.paths, key: "/dev/zero" } };
  await assertRefused(t, device, /"\/dev\/zero" \(LICENSE_TLS_KEY\) cannot be used: it is not a file/);
});

test("a file without PEM, a damaged one and a huge one are refused by name", async (t) => {
  const place = await makeTlsPlace(t);
  const { certificate, key } = place.authority.issueServer();
  await place.put(place.paths.certificate, "hello");
  await assertRefused(
    t,
    place,
    /server\.pem" \(LICENSE_TLS_CERT\) cannot be used: it holds no certificate in PEM/,
  );
  await place.put(place.paths.certificate, certificate.replace(/M/, "A"));
  await assertRefused(t, place, /certificate 1 in it is damaged/);
  await place.put(place.paths.certificate, Buffer.alloc(2 * 1024 * 1024, 0x20));
  await assertRefused(t, place, /it is larger than/);
  await place.put(place.paths.certificate, certificate);
  await place.put(place.paths.key, certificate);
  await assertRefused(t, place, /LICENSE_TLS_KEY.*it holds no private key in PEM/);
  await place.put(place.paths.key, key);
  await place.put(place.paths.clientCa, key);
  await assertRefused(t, place, /LICENSE_TLS_CLIENT_CA.*it holds no certificate/);
  await place.put(place.paths.clientCa, certificate);
  await place.put(place.paths.identities, "{");
  await assertRefused(t, place, /LICENSE_TLS_IDENTITIES.*it is not JSON/);
});

test("an encrypted key, a foreign key and a chain in the wrong order say what to do", async (t) => {
  const place = await makeTlsPlace(t);
  const own = place.authority.issueServer();
  await place.putServer({ ...own, key: encryptKey(own, "hunter2") });
  await assertRefused(t, place, /its key is encrypted; decrypt it/);
  await place.putServer({ ...own, key: place.authority.issueServer().key });
  await assertRefused(t, place, /the key is not that of its certificate/);
  await place.putServer({ ...own, certificate: place.authority.certificate + own.certificate });
  await assertRefused(t, place, /own certificate has to be the first/);
  await place.putServer({ ...own, certificate: own.certificate + place.authority.certificate });
  await t.notThrowsAsync(readCertificateFiles(place.paths, Date.now()));
});

test("a certificate that has ended, or has not begun, is refused with the instant", async (t) => {
  const place = await makeTlsPlace(t);
  await place.putServer(place.authority.issueServer({ notAfter: Date.parse("2026-01-02T03:04:05Z") }));
  await assertRefused(t, place, /its certificate ended at 2026-01-02T03:04:05\.000Z; put a new one there/);
  const notBefore = Date.now() + DAY_MS;
  await place.putServer(place.authority.issueServer({ notBefore }));
  await assertRefused(t, place, /is not good before .*the clock/);
});
