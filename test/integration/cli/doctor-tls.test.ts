/** `licensectl doctor` beside a server that speaks TLS. */
import { chmod } from "node:fs/promises";
import test from "ava";
import { makeTlsPlace } from "../../helpers/tls-place.ts";
import { makePlatformPlace, runChecked, startNode } from "./_node.ts";

const DAY_MS = 86_400_000;

test("a server behind TLS is known as ours; its files are read as it reads them, and their end is told", async (t) => {
  const tls = await makeTlsPlace(t);
  const notAfter = Date.now() + 60 * DAY_MS;
  await tls.putServer(tls.authority.issueServer({ notAfter }));
  const place = await makePlatformPlace(t);
  const { LICENSE_PLAINTEXT: _, ...plain } = place.environment("node-1");
  const env = { ...plain, ...tls.oneSided };
  const service = await startNode(t, env);
  const serving = { ...env, LICENSE_LISTEN: service.address };
  const well = await runChecked(["doctor"], serving);
  t.deepEqual(well.notOk, []);
  t.is(well.find("gRPC port").seen, `a license service serves at ${service.address}`);
  t.true(
    well
      .find("TLS")
      .seen.startsWith(`the certificate is good until ${new Date(notAfter).toISOString().slice(0, 16)}`),
  );

  const asPlaintext = await runChecked(["doctor"], {
    ...plain,
    LICENSE_PLAINTEXT: "on",
    LICENSE_LISTEN: service.address,
  });
  t.regex(asPlaintext.find("gRPC port").seen, /or a server with other TLS settings/);

  await chmod(tls.paths.key, 0o644);
  t.regex((await runChecked(["doctor"], serving)).find("TLS").seen, /can read the TLS key/);
  await tls.putServer(tls.authority.issueServer({ notAfter: Date.now() + 13 * DAY_MS }));
  const ending = await runChecked(["doctor"], serving);
  t.deepEqual([ending.code, ...ending.notOk], [0, "TLS: warn"]);
  await tls.put(tls.paths.key, "no key\n");
  const broken = await runChecked(["doctor"], serving);
  t.deepEqual([broken.code, ...broken.notOk], [1, "TLS: fail"]);
  t.regex(broken.find("TLS").seen, /server\.key" \(LICENSE_TLS_KEY\) cannot be used/);
});

test("a server that lets in client certificates alone is known by its own certificate", async (t) => {
  const tls = await makeTlsPlace(t);
  const place = await makePlatformPlace(t);
  const { LICENSE_PLAINTEXT: _, ...plain } = place.environment("node-1");
  const env = { ...plain, ...tls.mutual };
  const service = await startNode(t, env);
  const serving = { ...env, LICENSE_LISTEN: service.address };
  const well = await runChecked(["doctor"], serving);
  t.deepEqual(well.notOk, []);
  t.regex(well.find("gRPC port").seen, /^a server with our certificate serves at/);
  const other = await makeTlsPlace(t);
  const foreign = await runChecked(["doctor"], { ...serving, ...other.mutual });
  t.deepEqual(foreign.notOk, ["gRPC port: warn"]);
});
