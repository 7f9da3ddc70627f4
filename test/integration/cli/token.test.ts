/** The commands for tokens, with a real server and database; in this process, but for one. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import {
  CreateTokenResponse,
  ListTokensResponse,
  RevokeTokenResponse,
  TokenRole,
} from "@license-service/contract";
import test from "ava";
import { TOKEN_PATTERN } from "../../../src/identity/token.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";
import { type RunResult, runCli, startCli } from "../../unit/cli/_capture.ts";
import { createTeardown, licensectl, temporaryDirectory } from "./_licensectl.ts";

const teardown = createTeardown();
let rpc: RpcService;
let directory: string;

test.before(async () => {
  rpc = await startRpcService(teardown);
  directory = await temporaryDirectory(teardown);
});
test.after.always(() => teardown.run());

/** Runs a command against the service: as its admin, or by a token in the environment. */
function ctl(args: readonly string[], token?: string): Promise<RunResult> {
  const { address, dataDirectory } = rpc.service;
  const identity = token === undefined ? ["--data-dir", dataDirectory] : [];
  const env = token === undefined ? {} : { LICENSECTL_TOKEN: token };
  return runCli([...args, "--address", address, ...identity], { env });
}

async function create(...args: readonly string[]): Promise<CreateTokenResponse> {
  const { code, stdout, stderr } = await ctl(["token", "create", ...args, "--json"]);
  if (code !== 0) throw new Error(stderr);
  return CreateTokenResponse.fromJSON(JSON.parse(stdout));
}

test("a new token goes to standard output alone, what is said of it to standard error, and it works", async (t) => {
  const { code, stdout, stderr } = await licensectl([
    ...["token", "create", "night watch", "--role", "viewer", "--expires", "90d"],
    ...["--address", rpc.service.address, "--data-dir", rpc.service.dataDirectory],
  ]);
  t.is(code, 0);
  t.regex(stdout, /^lst_[A-Za-z0-9_-]{43}\n$/);
  t.regex(
    stderr,
    /^Created token night watch \(viewer\): [0-9a-f-]{36}\nIt expires at .* \(in (89|90) d\)\.\n/,
  );
  t.regex(stderr, /cannot be had again/);
  t.false(stderr.includes("lst_"));
  t.is((await ctl(["info"], stdout.trim())).code, 0);
  const refused = await ctl(["token", "list"], stdout.trim());
  t.is(refused.code, 4);
  t.regex(refused.stderr, /ROLE_NOT_ALLOWED/);
});

test("--json answers the token and what is kept of it", async (t) => {
  const { secret, token } = await create("for scripts", "--role", "service", "--expires", "2100-01-01");
  t.regex(secret, TOKEN_PATTERN);
  t.like(token, {
    name: "for scripts",
    role: TokenRole.SERVICE,
    expireTime: new Date("2100-01-01T00:00:00Z"),
  });
  t.is((await create("for ever", "--role", "service", "--expires", "never")).token?.expireTime, undefined);
});

test("--out writes the token to a new file of one's own and shows it nowhere", async (t) => {
  const out = join(directory, "out.token");
  const { code, stdout, stderr } = await ctl(["token", "create", "filed", "--role", "viewer", "--out", out]);
  t.is(code, 0, stderr);
  const secret = (await readFile(out, "utf8")).trim();
  t.regex(secret, TOKEN_PATTERN);
  t.is(((await stat(out)).mode & 0o777).toString(8), "600");
  t.regex(stdout, /^Created token filed \(viewer\): .*\nIt does not expire\.\nIt is in .*out\.token/);
  t.false(`${stdout}${stderr}`.includes("lst_"));
  t.is((await runCli(["info", "--address", rpc.service.address, "--token-file", out])).code, 0);

  const json = await ctl([
    "token",
    "create",
    "filed too",
    "--role",
    "viewer",
    "--json",
    "--out",
    join(directory, "2"),
  ]);
  t.like(JSON.parse(json.stdout), { token: { name: "filed too" }, file: join(directory, "2") });
  t.false(json.stdout.includes("lst_"));
});

test("--out overwrites nothing, makes no token then, and leaves no file behind when the server refuses", async (t) => {
  const there = join(directory, "there");
  await writeFile(there, "precious");
  const refused = await ctl(["token", "create", "never made", "--role", "viewer", "--out", there]);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /there exists already/);
  t.is(await readFile(there, "utf8"), "precious");
  const { tokens } = ListTokensResponse.fromJSON(JSON.parse((await ctl(["token", "list", "--json"])).stdout));
  t.false(tokens.some(({ name }) => name === "never made"));

  const out = join(directory, "not-left");
  const unnamed = await ctl(["token", "create", "", "--role", "viewer", "--out", out]);
  t.is(unnamed.code, 1);
  t.regex(unnamed.stderr, /INVALID_REQUEST[\s\S]*name: is not 1 to 100 printable characters/);
  await t.throwsAsync(stat(out), { code: "ENOENT" });
});

test("a role, and an end that lies ahead, are checked before anything is sent", async (t) => {
  for (const [args, pattern] of [
    [["x"], /required option '--role/],
    [["x", "--role", "root"], /admin, viewer, service/],
    [["x", "--role", "viewer", "--expires", "2020-01-01"], /no instant that lies ahead/],
    [["x", "--role", "viewer", "--expires", "90"], /no instant that lies ahead/],
    [["x", "--role", "viewer", "--expires", "soon"], /no instant that lies ahead/],
  ] as const) {
    const { code, stderr } = await runCli(["token", "create", ...args, "--address", "127.0.0.1:1"]);
    t.is(code, 2, args.join(" "));
    t.regex(stderr, pattern);
  }
});

test("the list shows every token with role, status and end, marks expired ones, and shows no token", async (t) => {
  const { token } = await create("short lived", "--role", "viewer");
  await rpc.query("update tokens set created_at = '2020-01-01', expires_at = '2020-02-01' where id = $1", [
    token?.id,
  ]);
  const { code, stdout } = await ctl(["token", "list"]);
  t.is(code, 0);
  t.regex(stdout, /^NAME +ROLE +STATUS +CREATED \(UTC\) +EXPIRES \(UTC\) +ID\n/);
  t.regex(stdout, /first admin +admin +VALID +\S+ +never +[0-9a-f-]{36}\n/);
  t.regex(
    stdout,
    /short lived +viewer +EXPIRED +2020-01-01T00:00:00Z +2020-02-01T00:00:00Z \(\d+ d ago\) +\S+\n/,
  );
  t.false(stdout.includes("lst_"));
});

test("a token is revoked by its id or its name, and is refused from then on", async (t) => {
  const byName = await create("by name", "--role", "viewer");
  const { code, stdout } = await ctl(["token", "revoke", "by name", "--yes"]);
  t.is(code, 0);
  t.regex(stdout, /^Revoked by name \(viewer\): [0-9a-f-]{36}\n/);
  t.is((await ctl(["info"], byName.secret)).code, 4);
  const { token } = await create("by id", "--role", "viewer");
  const id = token?.id ?? "";
  const answer = await ctl(["token", "revoke", id.toUpperCase(), "--yes", "--json"]);
  t.deepEqual(RevokeTokenResponse.fromJSON(JSON.parse(answer.stdout)).token, token);
  const again = await ctl(["token", "revoke", id, "--yes"]);
  t.is(again.code, 1);
  t.regex(again.stderr, /TOKEN_NOT_FOUND/);
});

test("a name that two tokens have revokes neither, and names their ids", async (t) => {
  const twins = await Promise.all([1, 2].map(() => create("twin", "--role", "viewer")));
  const { code, stderr } = await ctl(["token", "revoke", "twin", "--yes"]);
  t.is(code, 2);
  for (const { token, secret } of twins) {
    t.true(stderr.includes(token?.id ?? "-"));
    t.is((await ctl(["info"], secret)).code, 0);
  }
});

test("the last admin token in force is not revoked", async (t) => {
  const { code, stderr } = await ctl(["token", "revoke", "first admin", "--yes"]);
  t.is(code, 1);
  t.regex(stderr, /refused: LAST_ADMIN_TOKEN \(LICENSE\.3008\)/);
});

/** Starts `token revoke` with a person at a terminal. */
function revokeAtTerminal(...args: readonly string[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const { address, dataDirectory } = rpc.service;
  const running = startCli(["token", "revoke", ...args, "--address", address, "--data-dir", dataDirectory], {
    stdin,
  });
  return { ...running, stdin };
}

test("a person is shown the token and asked: a no revokes nothing, a yes does", async (t) => {
  const { secret } = await create("asked about", "--role", "viewer");
  const no = revokeAtTerminal("asked about");
  await no.stderr.until(/asked about +viewer[\s\S]*Revoke\? \[y\/N\] $/);
  no.stdin.write("n\n");
  t.is(await no.ended, 1);
  t.regex(no.stderr.text(), /NOT_CONFIRMED Nothing was revoked\.\n$/);
  t.is((await ctl(["info"], secret)).code, 0);
  const yes = revokeAtTerminal("asked about");
  await yes.stderr.until(/Revoke\? \[y\/N\] $/);
  yes.stdin.write("y\n");
  t.is(await yes.ended, 0);
  t.is((await ctl(["info"], secret)).code, 4);
});

test("where nobody can be asked, nothing is sent without --yes", async (t) => {
  const { code, stderr } = await ctl(["token", "revoke", "first admin"]);
  t.is(code, 2);
  t.regex(stderr, /Nobody can be asked whether to revoke\./);
});
