/** Programs of the guest in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { OpenKeyResult } from "./open-key.ts";

/** Who runs a program. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a program that lies beside this one. */
export function startChild(name: string, account?: Account): ChildProcess {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return spawn(process.execPath, [path], { ...account, stdio: ["ignore", "pipe", "inherit"] });
}

/** Reads the first key in a process of its own. Default account: root. */
export async function openKeyAs(account?: Account): Promise<OpenKeyResult> {
  const child = startChild("open-key.ts", account);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`open-key.ts ended with ${code}`);
  return JSON.parse(text);
}
