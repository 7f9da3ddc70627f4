/** PostgreSQL refuses to run as root: this picks the account that it runs as instead. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { StartupError } from "../../errors.ts";

/** Numbers of an account of the operating system. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);

/** The account that is made on a machine that has no `postgres`. */
const OWN_ACCOUNT = "license-postgres";

/** `sbin`, where useradd lies, is often missing from a service's PATH. */
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/**
 * The account for a new cluster; `undefined`: the account of this process, which is not root.
 *
 * @throws StartupError embeddedDatabase, if this is root and no account is there or can be made.
 */
export async function chooseAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await findAccount("postgres")) ?? (await findAccount(OWN_ACCOUNT)) ?? (await createAccount());
}

/** The account for a cluster that is there: its owner, since PostgreSQL accepts no other. */
export async function ownerOf(directory: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = await stat(directory);
  return { uid, gid };
}

async function findAccount(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([idOf("-u", name), idOf("-g", name)]);
    return uid === 0 ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}

async function idOf(flag: "-u" | "-g", name: string): Promise<number> {
  const { stdout } = await run("id", [flag, name], { env: ENVIRONMENT });
  return Number.parseInt(stdout, 10);
}

async function createAccount(): Promise<Account> {
  const options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  const failure = await run("useradd", [...options, OWN_ACCOUNT], { env: ENVIRONMENT }).catch(
    (error: unknown) => error,
  );
  // A rival may have made it first: what counts is that it is there.
  const account = await findAccount(OWN_ACCOUNT);
  if (account !== undefined) return account;
  throw new StartupError(
    "embeddedDatabase",
    "PostgreSQL does not run as root, and there is no account postgres and none can be made: " +
      "run the service as an ordinary user, create an account named postgres, or set DATABASE_URL",
    { cause: failure },
  );
}
