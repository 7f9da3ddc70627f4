/** Every command of the server's side, with the real program, server and database, in both outputs. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CapabilityState,
  DeleteLicenseResponse,
  ExplainCapabilityResponse,
  GetLicenseCapabilitiesResponse,
  GetLicenseInfoResponse,
  GetLicenseRecordsResponse,
  GetRequestCodeResponse,
  ListUsbKeysResponse,
  ReloadLicenseResponse,
  UploadLicenseResponse,
  WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import test from "ava";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";
import {
  createTeardown,
  licensectl,
  type Ran,
  type RunOptions,
  start,
  temporaryDirectory,
} from "./_licensectl.ts";

const teardown = createTeardown();
let rpc: RpcService;
let directory: string;

test.before(async () => {
  rpc = await startRpcService(teardown, { settings: { LICENSE_USB: "off" } });
  directory = await temporaryDirectory(teardown);
});
test.after.always(() => teardown.run());

/** Runs a command against the service, as its admin. */
function ctl(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const { address, dataDirectory } = rpc.service;
  return licensectl([...args, "--address", address, "--data-dir", dataDirectory], options);
}

async function ctlJson<T>(type: { fromJSON(value: unknown): T }, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await ctl([...args, "--json"]);
  if (code !== 0) throw new Error(stderr);
  return type.fromJSON(JSON.parse(stdout));
}

async function issueFile(name: string, claims?: Parameters<RpcService["issue"]>[0]): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `${await rpc.issue(claims)}\n`);
  return path;
}

test.serial("request-code prints just the code, as it stands in the data directory", async (t) => {
  const { code, stdout, stderr } = await ctl(["request-code"]);
  const file = await readFile(join(rpc.service.dataDirectory, "request-code.txt"), "utf8");
  t.deepEqual({ code, stdout: stdout.trim(), stderr }, { code: 0, stdout: file.trim(), stderr: "" });
  const answer = await ctlJson(GetRequestCodeResponse, "request-code");
  t.like(answer, {
    requestCode: file.trim(),
    platformId: rpc.service.platformId,
    thumbprint: rpc.thumbprint,
  });
});

test.serial("info shows a platform without licenses in its no-license state", async (t) => {
  const { code, stdout } = await ctl(["info"]);
  t.is(code, 0);
  t.regex(stdout, new RegExp(`^platform +${rpc.service.platformId}$`, "m"));
  t.regex(stdout, /^ {2}item +base community$/m);
  t.regex(stdout, /^Alert \(warning\) TEST_VENDOR_TRUSTED/m);
  const answer = await ctlJson(GetLicenseInfoResponse, "info");
  t.deepEqual(answer, await rpc.call("getLicenseInfo"));
});

test.serial("a dry run of an upload tells what would change and changes nothing", async (t) => {
  const file = await issueFile("base.lic", { edition: "standard", quotas: { cpus: 10 } });
  const before = await rpc.dump();
  const { code, stdout } = await ctl(["upload", file, "--dry-run"]);
  t.is(code, 0);
  t.regex(stdout, /^Dry run: nothing was written\..*\nWould install 1 of 1 license\.\n/);
  t.regex(stdout, /^ {2}compute-advanced +DISABLED NOT_LICENSED +ENABLED GRANTED +all$/m);
  t.regex(stdout, /^ {2}base\/cpus +unlimited +10 +0$/m);
  const answer = await ctlJson(UploadLicenseResponse, "upload", file, "--dry-run");
  t.true(answer.validateOnly);
  t.is(await rpc.dump(), before);
});

test.serial("upload installs a license, and the same bytes again change nothing", async (t) => {
  const file = join(directory, "base.lic");
  const first = await ctl(["upload", file]);
  t.is(first.code, 0);
  t.regex(first.stdout, /^Installed 1 of 1 license; epoch \d+, revision \d+\.\n/);
  const again = await ctl(["upload", file]);
  t.is(again.code, 0);
  t.regex(again.stdout, /^Nothing changes: the license is installed already\.\n/);
});

test.serial("upload reads a package from standard input, and tells what it replaces", async (t) => {
  const files = [
    { fileName: "base.lic", signedBytes: await rpc.issue({ quotas: { cpus: 64 } }) },
    {
      fileName: "vmware.lic",
      signedBytes: await rpc.issue({ item: "vmware", edition: undefined, quotas: { cpus: 8 } }),
    },
  ];
  const { code, stdout, stderr } = await ctl(["upload", "-", "--json"], { stdin: await packLicenses(files) });
  t.is(code, 0, stderr);
  const answer = UploadLicenseResponse.fromJSON(JSON.parse(stdout));
  t.deepEqual(
    answer.licenses.map(({ fileName }) => fileName),
    ["base.lic", "vmware.lic"],
  );
  t.is(answer.replacedLicenseIds.length, 1);
  t.deepEqual(
    answer.quotaChanges.map(({ key, limitAfter }) => [key, limitAfter]),
    [
      ["base/cpus", 64n],
      ["vmware/cpus", 8n],
    ],
  );
});

test.serial("info shows the base license in force and the licenses beside it", async (t) => {
  const { stdout } = await ctl(["info"]);
  t.regex(stdout, /^ {2}item +base enterprise$/m);
  t.regex(stdout, /^ {2}ends +\S+Z \(in \d+ d\)$/m);
  t.regex(stdout, /^Further licenses \(2\)$/m);
  t.regex(stdout, /^base +standard +paid +REPLACED/m);
  const { license, additions } = await ctlJson(GetLicenseInfoResponse, "info");
  t.is(license?.edition, "enterprise");
  t.deepEqual(additions.map(({ item }) => item).sort(), ["base", "vmware"]);
});

test.serial("info and capabilities answer for another instant", async (t) => {
  const info = await ctlJson(GetLicenseInfoResponse, "info", "--at", "+400d");
  t.true(info.license?.expired);
  const { stdout } = await ctl(["capabilities", "--at", "+400d", "--state", "enabled"]);
  t.regex(stdout, /^0 of \d+ capabilities of zstack-cloud/);
});

test.serial("capabilities are filtered by domain and state in both outputs", async (t) => {
  const { code, stdout } = await ctl(["capabilities", "--domain", "compute", "--state", "enabled"]);
  t.is(code, 0);
  t.regex(stdout, /^CAPABILITY +DOMAIN +STATE +REASON +OPERATIONS +UNTIL \(UTC\)/);
  t.regex(stdout, /^gpu +compute +ENABLED +GRANTED +all +\S+Z \(in \d+ d\) +VIEW_ONLY EXPIRED/m);
  t.notRegex(stdout, /DISABLED|storage-advanced/);
  const answer = await ctlJson(GetLicenseCapabilitiesResponse, "capabilities", "--state", "disabled");
  t.true(answer.capabilities.length > 0);
  t.true(answer.capabilities.every(({ state }) => state === CapabilityState.DISABLED));
});

test.serial("explain says why, names the deciding license, and judges an operation", async (t) => {
  const { code, stdout } = await ctl(["explain", "gpu", "--operation", "create"]);
  t.is(code, 0);
  t.regex(stdout, /^gpu: ENABLED GRANTED\n/);
  t.regex(stdout, /^may create +yes$/m);
  t.regex(stdout, /^Deciding licenses \(1\)$/m);
  const answer = await ctlJson(ExplainCapabilityResponse, "explain", "backup", "--operation", "create");
  t.false(answer.operationAllowed);
  t.not(answer.remedy, "");
});

test.serial("AP-3: records are listed in order, counted, paged, and all of them one by one", async (t) => {
  const { code, stdout } = await ctl(["records", "--limit", "2"]);
  t.is(code, 0);
  t.regex(stdout, /\n2 of 3 records\nRead on with --page-token \S+\n$/);
  t.is((await ctl(["records", "--count"])).stdout, "3\n");
  const page = await ctlJson(GetLicenseRecordsResponse, "records", "--limit", "2");
  const rest = await ctlJson(GetLicenseRecordsResponse, "records", "--page-token", page.nextPageToken);
  const all = await ctlJson(GetLicenseRecordsResponse, "records", "--all");
  t.deepEqual(all.records, [...page.records, ...rest.records]);
  t.is(all.total, 3n);
  t.regex((await ctl(["records", "--all"])).stdout, /\n3 records\n$/);
  const sorted = await ctl(["records", "--sort-by", "issued", "--direction", "ascending"]);
  t.is(sorted.stdout.split("\n").length, 7);
});

test.serial("watch prints a line for a change, and Ctrl-C ends it with exit code 0", async (t) => {
  const { address, dataDirectory } = rpc.service;
  const args = ["watch", "--address", address, "--data-dir", dataDirectory];
  const people = start(args);
  const program = start([...args, "--json"]);
  t.teardown(() => {
    for (const child of [people, program]) child.kill("SIGKILL");
  });
  const texts = { people: "", program: "" };
  const lines = async (child: typeof people, name: keyof typeof texts, pattern: RegExp): Promise<void> => {
    for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      texts[name] += chunk;
      if (pattern.test(texts[name])) return;
    }
  };
  await Promise.all([lines(people, "people", /^.*\n/), lines(program, "program", /^.*\n/)]);
  await rpc.install({ item: "backup", edition: undefined, quotas: { vms: 5 } });
  await Promise.all([lines(people, "people", /backup/), lines(program, "program", /^.*\n.*\n/)]);
  const codes = [people, program].map((child) => new Promise((resolve) => child.once("close", resolve)));
  for (const child of [people, program]) {
    child.stdout.resume();
    child.kill("SIGINT");
  }
  t.deepEqual(await Promise.all(codes), [0, 0]);
  t.regex(
    texts.people,
    /^\S+Z backup: DISABLED NOT_LICENSED -> ENABLED GRANTED, operations: all; 0 of 5 vms used/m,
  );
  const [first, second] = texts.program
    .trimEnd()
    .split("\n")
    .map((line) => WatchLicenseCapabilitiesResponse.fromJSON(JSON.parse(line)));
  const revisions = [first?.snapshot?.revision?.revision, second?.snapshot?.revision?.revision];
  t.true((revisions[0] ?? 0n) < (revisions[1] ?? 0n));
});

test.serial("a reader that has seen enough ends a watch without a failure", async (t) => {
  const { address, dataDirectory } = rpc.service;
  const child = start(["watch", "--json", "--address", address, "--data-dir", dataDirectory]);
  t.teardown(() => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.stdout.destroy();
  await rpc.install({ item: "cdp", edition: undefined, quotas: { vms: 5 } });
  t.is(await ended, 0);
});

test.serial("delete shows by a dry run what would be lost, and deletes with --yes only", async (t) => {
  const before = await rpc.dump();
  const dryRun = await ctl(["delete", "--item", "backup", "--dry-run"]);
  t.is(dryRun.code, 0);
  t.regex(dryRun.stdout, /^Dry run: nothing was written\. The deletion would delete 1 license:/);
  t.regex(dryRun.stdout, /^ {2}backup +ENABLED GRANTED +DISABLED NOT_LICENSED +ways back$/m);
  const unasked = await ctl(["delete", "--item", "backup"]);
  t.is(unasked.code, 2);
  t.regex(unasked.stderr, /Nobody can be asked/);
  t.is(await rpc.dump(), before);
  const answer = await ctlJson(DeleteLicenseResponse, "delete", "--item", "backup", "--yes");
  t.is(answer.deletedLicenseIds.length, 1);
  const gone = await ctl(["delete", answer.deletedLicenseIds[0] ?? "", "--yes"]);
  t.is(gone.code, 1);
  t.regex(gone.stderr, /^refused: NOT_FOUND \(LICENSE\.1032\)/);
});

test.serial("reload says how many licenses were read", async (t) => {
  const { code, stdout } = await ctl(["reload"]);
  t.is(code, 0);
  t.regex(stdout, /^Read \d+ licenses and evaluated anew for \S+Z \(UTC\); epoch \d+, revision \d+\.\n$/m);
  t.true((await ctlJson(ReloadLicenseResponse, "reload")).licenseCount > 0);
});

test.serial("UK-NO-1: usb list says why no keys are read", async (t) => {
  const { code, stdout } = await ctl(["usb", "list"]);
  t.is(code, 0);
  t.regex(stdout, /^No USB keys\.\n\nNodes that read no keys \(1\)\n.*\n\S+ +AGENT_OFF +\S/);
  t.deepEqual((await ctlJson(ListUsbKeysResponse, "usb", "list")).keys, []);
});
