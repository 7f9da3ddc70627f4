/**
 * The abuser, a process of its own: `abuser.ts <attack> <host:port> <ms>`, with its token in ABUSER_TOKEN. Attacks
 * for so long and prints what it counted, as JSON.
 */
import { constants, setPriority } from "node:os";
import { ATTACKS, isAttackName } from "./attacks.ts";

// It stands for another machine: what it computes must not be taken from the server and its honest callers.
setPriority(constants.priority.PRIORITY_LOW);

const [name = "", address = "", ms = "0"] = process.argv.slice(2);
if (!isAttackName(name)) throw new Error("there is no such attack");
const counts: Record<string, number> = {};
const over = new AbortController();
setTimeout(() => over.abort(), Number(ms));
// The drill is gone: nobody wants to know any more.
process.stdin.on("end", () => process.exit(1)).resume();
await ATTACKS[name].run(
  {
    host: address.slice(0, address.lastIndexOf(":")),
    port: Number(address.slice(address.lastIndexOf(":") + 1)),
    token: process.env["ABUSER_TOKEN"] ?? "",
    signal: over.signal,
  },
  (what) => {
    counts[what] = (counts[what] ?? 0) + 1;
  },
);
process.stdout.write(JSON.stringify(counts), () => process.exit(0));
