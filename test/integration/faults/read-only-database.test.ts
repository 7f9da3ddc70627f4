import test from "ava";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { RpcError, rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";

test("while the database takes no writes, reads go on and uploads say so; then it writes again", async (t) => {
  const rpc = await startRpcService(t, { pollMs: 100 });
  await rpc.install();
  const cdp = Buffer.from(await rpc.issue({ item: "cdp" }));
  await setReadOnly(rpc, true);

  // The node meets the end of its connections first, and finds the database again with its poll.
  const upload = () => rpcErrorOf(rpc.call("uploadLicense", { package: cdp }));
  let refusal = await upload();
  while (/is away/.test(refusal.message)) refusal = await upload();
  t.like(refusal, { code: 14, reason: "DATABASE_UNAVAILABLE" });
  t.regex(refusal.message, /read-only|takes no writes/);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "ENABLED GRANTED");
  t.is((await rpc.call("getLicenseRecords")).records.length, 1);

  await setReadOnly(rpc, false);
  await uploadOnceItWrites(rpc, cdp);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "cdp"), "ENABLED GRANTED");
});

async function uploadOnceItWrites(rpc: RpcService, bytes: Buffer): Promise<void> {
  for (;;) {
    const outcome = await rpc.call("uploadLicense", { package: bytes }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome === undefined) return;
    if (!(outcome instanceof RpcError && outcome.reason === "DATABASE_UNAVAILABLE")) throw outcome;
  }
}

/** For the sessions to come; those of now are ended. */
async function setReadOnly(rpc: RpcService, isReadOnly: boolean): Promise<void> {
  const word = isReadOnly ? "on" : "off";
  await rpc.query(`
    set transaction read write;
    do $$ begin
      execute format('alter database %I set default_transaction_read_only = ${word}', current_database());
    end $$;
  `);
  await rpc.query(`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
  `);
}
