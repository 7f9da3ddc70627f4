import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DroppedFile, ErrorReason, type ReloadLicenseResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { licenseIdOf } from "../../../src/license-file/license-of-claims.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { nameOf, standingOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, type RpcServiceOptions, startRpcService } from "../../helpers/rpc-service.ts";
import { type FaultyNetwork, openFaultyNetwork } from "../store/faulty-network.ts";

/** A service and its drop folder. */
async function startWithFolder(t: ExecutionContext, options?: RpcServiceOptions) {
  const rpc = await startRpcService(t, options);
  const folder = join(rpc.service.dataDirectory, "drop");
  const drop = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);
  return { rpc, folder, drop };
}

/** Outcomes by file: "<name>: taken" or "<name>: <reasons>". */
function outcomesOf({ droppedFiles }: ReloadLicenseResponse): string[] {
  return droppedFiles.map((file) => `${file.fileName}: ${outcomeOf(file)}`);
}

function outcomeOf({ refusals }: DroppedFile): string {
  return refusals.length === 0
    ? "taken"
    : refusals.map(({ reason }) => nameOf(ErrorReason, reason)).join(" ");
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

async function issueGpu(rpc: RpcService): Promise<string> {
  return rpc.issue({ item: "gpu", edition: undefined });
}

test("ZL-6: a reload takes dropped files by name, and the licenses count at once", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  t.is((await stat(folder)).mode & 0o777, 0o700, "a start makes the folder");
  const base = await rpc.issue({ edition: "standard" });
  const gpu = await issueGpu(rpc);
  await drop("2-gpu.lic", gpu);
  await drop("1-base.lic", `${base}\n`);
  const answer = await rpc.call("reloadLicense");
  t.deepEqual(answer.droppedFiles, [
    {
      fileName: "1-base.lic",
      installedLicenseIds: [licenseIdOf(base)],
      unchangedLicenseIds: [],
      refusals: [],
    },
    { fileName: "2-gpu.lic", installedLicenseIds: [licenseIdOf(gpu)], unchangedLicenseIds: [], refusals: [] },
  ]);
  t.is(answer.revision?.revision, 2n);
  t.is(answer.licenseCount, 2);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "ENABLED GRANTED");
  t.deepEqual(await filesIn(folder), ["installed/1-base.lic", "installed/2-gpu.lic"]);
  t.is((await stat(join(folder, "installed"))).mode & 0o777, 0o700);
  const records = await rpc.call("getLicenseRecords");
  t.deepEqual(records.records.map(({ item }) => item).sort(), ["base", "gpu"]);
  t.deepEqual((await rpc.call("reloadLicense")).droppedFiles, [], "nothing is taken twice");
});

test("ZL-6: a dropped package is refused as an upload of it, all or nothing, with the reasons beside it", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  const other = await rpc.issue({ sub: `request:${"A".repeat(43)}` });
  const packed = Buffer.from(
    await packLicenses([
      { fileName: "base.lic", signedBytes: await rpc.issue() },
      { fileName: "other.lic", signedBytes: other },
    ]),
  );
  const before = await rpc.dump();
  const upload = await rpcErrorOf(rpc.call("uploadLicense", { package: packed }));
  await drop("acme.tar.gz", packed);
  const { droppedFiles } = await rpc.call("reloadLicense");
  t.deepEqual(
    droppedFiles.flatMap(({ refusals }) =>
      refusals.map(({ fileName, reason }) => `${fileName}: ${nameOf(ErrorReason, reason)}`),
    ),
    upload.refusals,
  );
  t.is(await rpc.dump(), before);
  t.deepEqual(await filesIn(folder), ["refused/acme.tar.gz", "refused/acme.tar.gz.txt"]);
  const reasons = await readFile(join(folder, "refused", "acme.tar.gz.txt"), "utf8");
  t.regex(reasons, /^acme\.tar\.gz was refused at 2.*\n\nOTHER_PLATFORM other\.lic: .*/);
});

test("one refused file keeps no other from being taken, and a second one of its name is numbered", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  for (const round of [1, 2]) {
    await drop("a.lic", `junk of round ${round}`);
    await drop(
      "b.lic",
      await rpc.issue({ quotas: { cpus: round }, iat: Math.floor(rpc.clock.now() / 1000) - 100 + round }),
    );
    t.deepEqual(outcomesOf(await rpc.call("reloadLicense")), ["a.lic: NOT_A_LICENSE", "b.lic: taken"]);
  }
  t.deepEqual(await filesIn(folder), [
    "installed/b-2.lic",
    "installed/b.lic",
    "refused/a-2.lic",
    "refused/a-2.lic.txt",
    "refused/a.lic",
    "refused/a.lic.txt",
  ]);
  t.is(await readFile(join(folder, "refused", "a.lic"), "utf8"), "junk of round 1");
});

test("a file whose licenses were committed before a crash is found unchanged, and moved", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  const base = await rpc.issue();
  await rpc.call("uploadLicense", { package: Buffer.from(base) });
  await drop("base.lic", base);
  const before = await rpc.dump();
  const { droppedFiles } = await rpc.call("reloadLicense");
  t.like(droppedFiles[0], {
    installedLicenseIds: [],
    unchangedLicenseIds: [licenseIdOf(base)],
    refusals: [],
  });
  t.is(await rpc.dump(), before);
  t.deepEqual(await filesIn(folder), ["installed/base.lic"]);
});

test("a file that cannot be moved is answered and stays, and the next reload finds it unchanged", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  await drop("installed", "a file in place of the folder");
  await drop("base.lic", await rpc.issue());
  const first = await rpc.call("reloadLicense");
  t.deepEqual(outcomesOf(first), ["base.lic: taken", "installed: NOT_A_LICENSE"]);
  t.is(first.droppedFiles[0]?.installedLicenseIds.length, 1);
  t.true((await filesIn(folder)).includes("base.lic"));
  const second = await rpc.call("reloadLicense");
  t.is(second.droppedFiles[0]?.unchangedLicenseIds.length, 1);
  t.deepEqual(await filesIn(folder), ["installed/base.lic", "refused/installed", "refused/installed.txt"]);
});

test("hidden and unfinished files and directories are left alone", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  await drop(".hidden.lic", await rpc.issue());
  await drop("base.lic.tmp", await rpc.issue());
  await mkdir(join(folder, "more"));
  await drop("more/base.lic", await rpc.issue());
  t.deepEqual((await rpc.call("reloadLicense")).droppedFiles, []);
  t.deepEqual(await filesIn(folder), [".hidden.lic", "base.lic.tmp", "more/base.lic"]);
});

test("a link is not followed, and a pipe keeps nobody waiting", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  const outside = join(rpc.service.dataDirectory, "base.lic");
  await writeFile(outside, await rpc.issue());
  await symlink(outside, join(folder, "link.lic"));
  execFileSync("mkfifo", [join(folder, "pipe.lic")]);
  await drop("real.lic", await rpc.issue());
  t.deepEqual(outcomesOf(await rpc.call("reloadLicense")), [
    "link.lic: NOT_A_LICENSE",
    "pipe.lic: NOT_A_LICENSE",
    "real.lic: taken",
  ]);
  t.regex(await readFile(outside, "utf8"), /^ey/, "what the link names is untouched");
  t.deepEqual(await filesIn(folder), [
    "installed/real.lic",
    "refused/link.lic",
    "refused/link.lic.txt",
    "refused/pipe.lic",
    "refused/pipe.lic.txt",
  ]);
});

test("threat 4: a file above the size of a package is refused unread", async (t) => {
  const { rpc, drop, folder } = await startWithFolder(t, { packageMaxBytes: 1024 * 1024 });
  await drop("huge.lic", "");
  // No disk holds so much, and no memory: the file is all hole.
  await truncate(join(folder, "huge.lic"), 2 ** 40);
  const { droppedFiles } = await rpc.call("reloadLicense");
  t.regex(
    droppedFiles[0]?.refusals[0]?.message ?? "",
    /it has 1099511627776 bytes, and at most 1048576 are allowed/,
  );
});

test("threat 27: the name of a file reaches answer and reasons escaped", async (t) => {
  const { rpc, drop, folder } = await startWithFolder(t);
  const name = "a\u001b[31m\r\nb\u202e.lic";
  await drop(name, "junk");
  const [file] = (await rpc.call("reloadLicense")).droppedFiles;
  t.is(file?.fileName, "a\\u{1b}[31m\\u{d}\\u{a}b\\u{202e}.lic");
  const reasons = await readFile(join(folder, "refused", `${name}.txt`), "utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.notRegex(reasons, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test("two reloads at once take each file once", async (t) => {
  const { rpc, folder, drop } = await startWithFolder(t);
  for (let number = 10; number < 20; number++)
    await drop(`${number}.lic`, await rpc.issue({ quotas: { cpus: number } }));
  const answers = await Promise.all([1, 2, 3].map(() => rpc.call("reloadLicense")));
  const [first, second] = answers;
  t.is(first?.droppedFiles.length, 10);
  t.is(second?.droppedFiles.length, 0);
  t.is((await filesIn(join(folder, "installed"))).length, 10);
  const [row] = await rpc.query<{ revision: string }>("select revision from store");
  t.is(row?.revision, "10");
});

test("at most 100 files are taken by one reload, and the next takes the others", async (t) => {
  const { rpc, drop } = await startWithFolder(t);
  for (let number = 1000; number < 1101; number++) await drop(`${number}.lic`, "junk");
  const first = (await rpc.call("reloadLicense")).droppedFiles;
  t.is(first.length, 100);
  t.is(first[99]?.fileName, "1099.lic");
  t.deepEqual(outcomesOf(await rpc.call("reloadLicense")), ["1100.lic: NOT_A_LICENSE"]);
});

test("while the database is away dropped files stay, also those that it would not be needed for", async (t) => {
  const ready = Promise.withResolvers<FaultyNetwork>();
  const { rpc, folder, drop } = await startWithFolder(t, {
    pollMs: 500,
    heartbeatMs: 100,
    async route(url) {
      ready.resolve(await openFaultyNetwork(t, url));
      return (await ready.promise).url;
    },
  });
  const network = await ready.promise;
  await drop("base.lic", await rpc.issue());
  await drop("a-junk.lic", "junk");
  await network.cut();
  for (const round of [1, 2]) {
    const error = await rpcErrorOf(rpc.call("reloadLicense"));
    t.is(error.reason, "DATABASE_UNAVAILABLE", `round ${round}`);
  }
  t.deepEqual(await filesIn(folder), ["a-junk.lic", "base.lic"]);
  const stream = rpc.watch();
  await network.repair();
  await stream.next(({ heartbeat }) => heartbeat !== undefined && heartbeat.staleSince === undefined);
  t.deepEqual(outcomesOf(await rpc.call("reloadLicense")), ["a-junk.lic: NOT_A_LICENSE", "base.lic: taken"]);
});
