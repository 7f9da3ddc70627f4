import { PassThrough } from "node:stream";
import { DeleteLicenseRequest, DeleteLicenseResponse } from "@license-service/contract";
import test, { type ExecutionContext } from "ava";
import { startCli } from "./_capture.ts";
import { startScriptedServer } from "./_scripted-server.ts";

const ENV = { LICENSECTL_TOKEN: "token" };

/** Starts `delete` against a server that remembers its requests, with a person at a terminal. */
async function deleteAtTerminal(t: ExecutionContext, args: readonly string[], interrupted?: AbortSignal) {
  const requests: DeleteLicenseRequest[] = [];
  const address = await startScriptedServer(t, {
    deleteLicense: (request) => {
      const received = DeleteLicenseRequest.fromPartial(request as DeleteLicenseRequest);
      requests.push(received);
      return DeleteLicenseResponse.fromPartial({
        validateOnly: received.validateOnly,
        deletedLicenseIds: ["id-1"],
      });
    },
  });
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const running = startCli(["delete", ...args, "--address", address], {
    env: ENV,
    stdin,
    ...(interrupted === undefined ? {} : { interrupted }),
  });
  return { ...running, stdin, requests };
}

test("LI-7: a person is shown what would be lost, then asked, and a yes deletes", async (t) => {
  const { stdin, stdout, stderr, ended, requests } = await deleteAtTerminal(t, ["--item", "gpu"]);
  await stderr.until(/Delete\? \[y\/N\] $/);
  t.regex(stderr.text(), /^Dry run: nothing was written\. The deletion would delete 1 license:\n {2}id-1\n/);
  t.deepEqual(
    requests.map(({ validateOnly }) => validateOnly),
    [true],
  );
  stdin.write("y\n");
  t.is(await ended, 0);
  t.deepEqual(
    requests.map(({ item, validateOnly }) => ({ item, validateOnly })),
    [
      { item: "gpu", validateOnly: true },
      { item: "gpu", validateOnly: false },
    ],
  );
  t.regex(stdout.text(), /^Deleted 1 license;/);
});

for (const [name, answer] of [
  ["no", "n\n"],
  ["an empty line", "\n"],
  ["anything else", "yeah\n"],
  ["the end of the input", undefined],
] as const) {
  test(`${name} deletes nothing`, async (t) => {
    const { stdin, stderr, stdout, ended, requests } = await deleteAtTerminal(t, ["id-1"]);
    await stderr.until(/Delete\?/);
    if (answer === undefined) stdin.end();
    else stdin.write(answer);
    t.is(await ended, 1);
    t.deepEqual(
      requests.map(({ validateOnly }) => validateOnly),
      [true],
    );
    t.regex(stderr.text(), /refused: NOT_CONFIRMED Nothing was deleted\.\n$/);
    t.is(stdout.text(), "");
  });
}

test("Ctrl-C at the question deletes nothing", async (t) => {
  const user = new AbortController();
  const { stderr, ended, requests } = await deleteAtTerminal(t, ["id-1"], user.signal);
  await stderr.until(/Delete\?/);
  user.abort();
  t.is(await ended, 1);
  t.is(requests.length, 1);
});

test("--dry-run and --yes do not ask", async (t) => {
  const dryRun = await deleteAtTerminal(t, ["id-1", "--dry-run"]);
  t.is(await dryRun.ended, 0);
  t.deepEqual(
    dryRun.requests.map(({ licenseId, validateOnly }) => [licenseId, validateOnly]),
    [["id-1", true]],
  );
  const forReal = await deleteAtTerminal(t, ["id-1", "--yes", "--json"]);
  t.is(await forReal.ended, 0);
  t.deepEqual(
    forReal.requests.map(({ validateOnly }) => validateOnly),
    [false],
  );
  t.deepEqual(JSON.parse(forReal.stdout.text()), { deletedLicenseIds: ["id-1"] });
});

test("where nobody can be asked, nothing is sent without --yes", async (t) => {
  const { ended, stderr, requests } = await deleteAtTerminal(t, ["id-1", "--json"]);
  t.is(await ended, 2);
  t.like(JSON.parse(stderr.text()), {
    error: { kind: "usage", message: "Nobody can be asked whether to delete." },
  });
  t.is(requests.length, 0);
  t.is(await startCli(["delete", "id-1"], { env: ENV }).ended, 2);
});

test("a license and an item together, or neither, is wrong use", async (t) => {
  t.is(await startCli(["delete", "id-1", "--item", "gpu", "--yes"], { env: ENV }).ended, 2);
  t.is(await startCli(["delete", "--yes"], { env: ENV }).ended, 2);
});
