/** From nothing to a license in force, as the README tells it. */
import test from "ava";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { licensectl } from "./_licensectl.ts";

test("the first license of a development server: issued by its test vendor, uploaded through a pipe", async (t) => {
  const { service } = await startRpcService(t);
  const { dataDirectory, address } = service;
  const to = ["--address", address, "--data-dir", dataDirectory];
  const issue = [
    "issue",
    "--directory",
    "test-vendor",
    "--request-code",
    "request-code.txt",
    "--customer",
    "Demo",
  ];
  const rest = [
    "--item",
    "base",
    "--edition",
    "standard",
    "--term",
    "paid",
    "--quota",
    "cpus=10",
    "--days",
    "30",
  ];
  const issued = await licensectl(["authority", ...issue, ...rest], { cwd: dataDirectory });
  t.is(issued.code, 0, issued.stderr);
  const uploaded = await licensectl(["upload", "-", ...to], { stdin: issued.stdout });
  t.is(uploaded.code, 0, uploaded.stderr);
  t.regex(uploaded.stdout, /^Installed 1 of 1 license;/);
  const inspected = await licensectl(["authority", "inspect", "-", "--directory", "test-vendor"], {
    cwd: dataDirectory,
    stdin: issued.stdout,
  });
  t.is(inspected.code, 0);
  t.regex(inspected.stdout, /^A test vendor signed it: it counts on servers in development mode only\.$/m);
});
