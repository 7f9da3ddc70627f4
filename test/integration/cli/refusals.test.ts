/** How licensectl ends when something is refused, with the real program and server. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import test from "ava";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { type RpcService, startRpcService, type Teardown } from "../../helpers/rpc-service.ts";
import {
  createTeardown,
  LICENSECTL,
  licensectl,
  type Ran,
  type RunOptions,
  start,
  temporaryDirectory,
} from "./_licensectl.ts";

const teardown = createTeardown();
let rpc: RpcService;

test.before(async () => {
  rpc = await startRpcService(teardown);
});
test.after.always(() => teardown.run());

function ctl(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const { address, dataDirectory } = rpc.service;
  return licensectl([...args, "--address", address, "--data-dir", dataDirectory], options);
}

async function badPackage(): Promise<Uint8Array> {
  return packLicenses([
    {
      fileName: "gpu.lic",
      signedBytes: await rpc.issue({
        item: "gpu",
        edition: undefined,
        quotas: undefined,
        sub: `request:${"A".repeat(43)}`,
      }),
    },
    { fileName: "text.lic", signedBytes: "this is no license" },
  ]);
}

test.serial(
  "exit code 1: a refused package lists every refusal by file, the deciding one first",
  async (t) => {
    const { code, stdout, stderr } = await ctl(["upload", "-"], { stdin: await badPackage() });
    t.is(code, 1);
    t.is(stdout, "");
    const lines = stderr.split("\n");
    t.regex(lines[0] ?? "", /^refused: OTHER_PLATFORM \(LICENSE\.1016\) /);
    t.regex(stderr, /^ {4}gpu\.lic +OTHER_PLATFORM +sub +/m);
    t.regex(stderr, /^ {4}text\.lic +NOT_A_LICENSE +/m);
  },
);

test.serial(
  "exit code 1 with --json: the failure is one JSON document on stderr, with its reason",
  async (t) => {
    const { code, stdout, stderr } = await ctl(["upload", "-", "--json"], { stdin: await badPackage() });
    t.is(code, 1);
    t.is(stdout, "");
    const { error } = JSON.parse(stderr);
    t.like(error, {
      kind: "refused",
      exitCode: 1,
      reason: "OTHER_PLATFORM",
      code: "LICENSE.1016",
      refusalTotal: 2,
    });
    t.deepEqual(
      error.refusals.map(({ fileName, reason }: { fileName: string; reason: string }) => [fileName, reason]),
      [
        ["gpu.lic", "OTHER_PLATFORM"],
        ["text.lic", "NOT_A_LICENSE"],
      ],
    );
  },
);

test.serial("exit code 2: wrong use is told before anything is sent", async (t) => {
  const { code, stderr } = await ctl(["info", "--at", "tomorrow"]);
  t.is(code, 2);
  t.regex(stderr, /^wrong use: --at: "tomorrow" is not an instant\.\n {2}What to do: /);
});

async function listen(t: Teardown, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return `127.0.0.1:${address.port}`;
}

test.serial("exit code 3: nothing listens at the address", async (t) => {
  const closed = createTeardown();
  const address = await listen(closed, createServer());
  await closed.run();
  const env = { LICENSECTL_ADDRESS: address, LICENSECTL_TOKEN: "token" };
  const people = await licensectl(["info"], { env });
  t.is(people.code, 3);
  t.true(
    people.stderr.startsWith(
      `not reached: No license service can be reached at ${address}.\n  Nothing was sent.`,
    ),
  );
  const program = await licensectl(["info", "--json"], { env });
  t.like(JSON.parse(program.stderr), { error: { kind: "unreachable", exitCode: 3, reason: "UNAVAILABLE" } });
});

test.serial("exit code 3: what listens never answers", async (t) => {
  const address = await listen(
    t,
    createServer((socket) => t.teardown(() => void socket.destroy())),
  );
  const env = { LICENSECTL_ADDRESS: address, LICENSECTL_TOKEN: "token" };
  const { code, stderr } = await licensectl(["info", "--timeout", "300ms"], { env });
  t.is(code, 3);
  t.regex(stderr, /did not answer within 300 ms/);
});

test.serial("Ctrl-C ends a command that waits for an answer at once", async (t) => {
  const asked = Promise.withResolvers<void>();
  const waiting = createServer((socket) => {
    t.teardown(() => void socket.destroy());
    asked.resolve();
  });
  const address = await listen(t, waiting);
  const child = start(["info", "--address", address, "--timeout", "1h"], {
    env: { LICENSECTL_TOKEN: "token" },
  });
  t.teardown(() => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  await asked.promise;
  child.kill("SIGINT");
  t.is(await ended, "SIGINT");
});

test.serial("exit code 5: an output that cannot be written is a failure", async (t) => {
  const args = ["-c", 'exec "$0" --version 1< /dev/null', LICENSECTL];
  const { code, stderr } = await licensectl(args, { program: "/bin/sh" });
  t.is(code, 5);
  t.regex(stderr, /^licensectl: the output cannot be written: /);
});

test.serial("exit code 3: what listens speaks something else", async (t) => {
  const answerHttp = (socket: Socket): void => {
    t.teardown(() => void socket.destroy());
    socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  };
  const address = await listen(t, createServer(answerHttp));
  t.is((await licensectl(["info", "--address", address], { env: { LICENSECTL_TOKEN: "token" } })).code, 3);
});

test.serial(
  "threat 1: exit code 4: without a token nothing is shown, and the places of tokens are named",
  async (t) => {
    const directory = await temporaryDirectory(t);
    const { code, stdout, stderr } = await licensectl(["info", "--address", rpc.service.address], {
      cwd: directory,
    });
    t.is(code, 4);
    t.is(stdout, "");
    t.regex(stderr, /^not allowed: TOKEN_MISSING \(LICENSE\.3001\) /);
    t.regex(stderr, /What to do: Give a token by --token-file, .* Looked in vain at data\/admin-token/);
  },
);

test.serial("exit code 4: an unknown token is refused, and never printed", async (t) => {
  const env = { LICENSECTL_ADDRESS: rpc.service.address, LICENSECTL_TOKEN: "a-token-that-nobody-knows" };
  for (const args of [["info"], ["info", "--json"], ["watch"]]) {
    const { code, stdout, stderr } = await licensectl(args, { env });
    t.is(code, 4);
    t.regex(stderr, /TOKEN_UNKNOWN/);
    t.false(`${stdout}${stderr}`.includes("a-token-that-nobody-knows"));
  }
});

test.serial("the token is found by --token-file, by both variables, and in ./data", async (t) => {
  const directory = await temporaryDirectory(t);
  const token = await readFile(join(rpc.service.dataDirectory, "admin-token"), "utf8");
  const file = join(directory, "token");
  await writeFile(file, token);
  const to = ["--address", rpc.service.address];
  const runs = await Promise.all([
    licensectl(["usb", "list", ...to, "--token-file", file]),
    licensectl(["usb", "list", ...to], { env: { LICENSECTL_TOKEN_FILE: file } }),
    licensectl(["usb", "list", ...to], { env: { LICENSECTL_TOKEN: token.trim() } }),
    licensectl(["usb", "list", ...to, "--data-dir", "."], { cwd: rpc.service.dataDirectory }),
  ]);
  t.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0, 0],
  );
});

test.serial("threat 27: neither a package's file names nor its content reach the terminal raw", async (t) => {
  const stdin = "\u001b[2J\u001b]0;x\u0007.\u202e.\u009b";
  const { code, stderr } = await ctl(["upload", "-"], { stdin });
  t.is(code, 1);
  t.false(/[^\n\P{Cc}]|\p{Cf}/u.test(stderr));
});

test.serial("colors follow FORCE_COLOR, NO_COLOR and --no-color; a pipe has none", async (t) => {
  const colored = await ctl(["capabilities"], { env: { FORCE_COLOR: "1" } });
  t.true(colored.stdout.includes("\u001b[32mENABLED"));
  const plain = await Promise.all([
    ctl(["capabilities"]),
    ctl(["capabilities"], { env: { NO_COLOR: "1" } }),
    ctl(["capabilities", "--no-color"], { env: { FORCE_COLOR: "1" } }),
    ctl(["capabilities", "--json"], { env: { FORCE_COLOR: "1" } }),
  ]);
  for (const { code, stdout } of plain) {
    t.is(code, 0);
    t.false(stdout.includes("\u001b"));
  }
});
