import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { CliError } from "../../../src/cli/cli-error.ts";
import { type Environment, type GlobalFlags, readSettings } from "../../../src/cli/settings.ts";

const SECRET = "lst_very-secret";

async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "licensectl-"));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

async function failure(flags: GlobalFlags, env: Environment = {}): Promise<CliError> {
  const error: unknown = await readSettings(flags, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CliError)) throw new Error(`expected a refusal, met ${String(error)}`);
  return error;
}

test("without flags and environment the server is on this machine, and is given 10 s", async (t) => {
  t.like(await readSettings({}, { LICENSECTL_TOKEN: SECRET }), {
    address: "127.0.0.1:50051",
    isLocal: true,
    timeoutMs: 10_000,
    token: { value: SECRET, source: "LICENSECTL_TOKEN" },
  });
});

test.serial("a server on this machine is met with the admin token of ./data", async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, "data"));
  await writeFile(join(directory, "data", "admin-token"), `${SECRET}\n`);
  const before = process.cwd();
  process.chdir(directory);
  t.teardown(() => process.chdir(before));
  t.deepEqual((await readSettings({}, {})).token, { value: SECRET, source: "data/admin-token" });
  t.is((await readSettings({ address: "[::1]:50051" }, {})).token?.value, SECRET);
  t.is((await readSettings({ address: "unix:/run/license.sock" }, {})).token?.value, SECRET);
});

test.serial("the admin token of this machine is never shown to another one", async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, "data"));
  await writeFile(join(directory, "data", "admin-token"), SECRET);
  const before = process.cwd();
  process.chdir(directory);
  t.teardown(() => process.chdir(before));
  for (const address of [
    "10.0.0.5:50051",
    "license.example:50051",
    "127.0.0.1.evil.example:50051",
    "localhost.example",
  ]) {
    t.like(await readSettings({ address }, {}), { isLocal: false, token: undefined }, address);
  }
});

test("a flag beats the environment, a token in the environment beats a file named there", async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, "token");
  await writeFile(file, "from-file\n");
  const env = {
    LICENSECTL_ADDRESS: "one.example:1",
    LICENSECTL_TOKEN: "from-variable",
    LICENSECTL_TOKEN_FILE: file,
  };
  t.like(await readSettings({}, env), { address: "one.example:1", token: { value: "from-variable" } });
  t.like(await readSettings({ address: "two.example", tokenFile: file }, env), {
    address: "two.example:50051",
    token: { value: "from-file" },
  });
  t.is((await readSettings({}, { ...env, LICENSECTL_TOKEN: "" })).token?.value, "from-file");
});

test("--data-dir names the server's data directory", async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, "admin-token"), SECRET);
  t.is((await readSettings({ dataDir: directory }, {})).token?.value, SECRET);
  const error = await failure({ dataDir: join(directory, "nowhere") });
  t.is(error.kind, "usage");
  t.regex(error.message, /nowhere\/admin-token \(--data-dir\) cannot be read: ENOENT/);
});

test("a token file that cannot be read or holds no token is refused without showing its content", async (t) => {
  const directory = await temporaryDirectory(t);
  const tokenFile = join(directory, "token");
  for (const content of ["", "  \n", `${SECRET}\n${SECRET}`, `${SECRET}\u0000`, `${SECRET}é`]) {
    await writeFile(tokenFile, content);
    const error = await failure({ tokenFile });
    t.is(error.kind, "usage");
    t.regex(error.message, /does not hold a token/);
    t.notRegex(JSON.stringify([error.message, error.parts]), new RegExp(SECRET));
  }
  t.notRegex((await failure({}, { LICENSECTL_TOKEN: `${SECRET} x` })).message, new RegExp(SECRET));
});

test("a token file that is a directory is refused as such", async (t) => {
  const directory = await temporaryDirectory(t);
  await chmod(directory, 0o700);
  t.regex((await failure({ tokenFile: directory })).message, /EISDIR/);
});

test("an address is a host with a port, an IPv6 address in brackets, or a Unix socket", async (t) => {
  const cases: ReadonlyArray<[string, string]> = [
    ["license.example:7000", "license.example:7000"],
    ["license.example", "license.example:50051"],
    ["[fd00::1]:7000", "[fd00::1]:7000"],
    ["unix:/run/license.sock", "unix:/run/license.sock"],
  ];
  for (const [text, address] of cases)
    t.is((await readSettings({ address: text }, { LICENSECTL_TOKEN: "x" })).address, address);
  for (const address of [
    "",
    "http://x:1",
    "x:0",
    "x:65536",
    "x:y",
    "fd00::1",
    "a b:1",
    "unix:",
    "dns:///x",
  ]) {
    const error = await failure({ address });
    t.like(error, { kind: "usage" }, address);
    t.truthy(error.parts.remedy);
  }
});

test("a timeout is a time up to an hour", async (t) => {
  const read = async (timeout: string) =>
    (await readSettings({ timeout }, { LICENSECTL_TOKEN: "x" })).timeoutMs;
  t.deepEqual([await read("2"), await read("500ms"), await read("1h")], [2000, 500, 3_600_000]);
  for (const timeout of ["0", "61m", "soon", "-1s"])
    t.is((await failure({ timeout })).kind, "usage", timeout);
});
