/** `licensectl reminder put-off` with the real program, server and database. */
import { AlertKind, PutOffReminderResponse } from "@license-service/contract";
import test from "ava";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { createTeardown, licensectl, type Ran } from "./_licensectl.ts";

const teardown = createTeardown();
let ctl: (...args: readonly string[]) => Promise<Ran>;

test.before(async () => {
  const rpc = await startRpcService(teardown);
  await rpc.install({ edition: "standard" });
  const end = Math.floor(rpc.clock.now() / 1000) + 10 * 86_400;
  for (const item of ["gpu", "cdp"]) await rpc.install({ item, exp: end });
  const { address, dataDirectory } = rpc.service;
  ctl = (...args) => licensectl([...args, "--address", address, "--data-dir", dataDirectory]);
});
test.after.always(() => teardown.run());

test.serial("ZL-5: a reminder is put off for a day, and info says so in one line", async (t) => {
  t.regex((await ctl("info")).stdout, /^Alert \(warning\) MODULE_TO_EXPIRE \[gpu\]: .+\n {2}Due: /m);
  const { code, stdout, stderr } = await ctl("reminder", "put-off", "module_to_expire", "gpu");
  t.is(stderr, "");
  t.is(code, 0);
  t.regex(
    stdout,
    /^Put off MODULE_TO_EXPIRE \[gpu\] until \S+ \(in 2\d h\)\.\nThe rights of the module gpu end at /,
  );
  const info = await ctl("info");
  t.notRegex(info.stdout, /Alert .* \[gpu\]/);
  t.regex(info.stdout, /^Put off until \S+ \(in 2\d h\): MODULE_TO_EXPIRE \[gpu\], due /m);
  t.regex(info.stdout, /^Alert \(warning\) MODULE_TO_EXPIRE \[cdp\]/m, "the other one still stands");
});

test.serial("--json prints the answer of the server", async (t) => {
  const { code, stdout } = await ctl("reminder", "put-off", "MODULE_TO_EXPIRE", "cdp", "--json");
  t.is(code, 0);
  const { reminder } = PutOffReminderResponse.fromJSON(JSON.parse(stdout));
  t.like(reminder, { kind: AlertKind.MODULE_TO_EXPIRE, subject: "cdp" });
  t.truthy(reminder?.putOffUntil);
});

test.serial("a reminder that does not stand is refused with what to look at", async (t) => {
  const { code, stderr } = await ctl("reminder", "put-off", "module_to_expire", "sriov");
  t.is(code, 1);
  t.regex(stderr, /REMINDER_NOT_STANDING/);
  t.regex(stderr, /no reminder MODULE_TO_EXPIRE of sriov/);
});

test.serial("a kind that cannot be put off is wrong use, before anything is sent", async (t) => {
  const { code, stderr } = await ctl("reminder", "put-off", "locked", "base");
  t.is(code, 2);
  t.regex(stderr, /"locked" is not known/);
  t.regex(stderr, /license_to_expire, module_to_expire, service_to_expire/);
});
